// Programs that do not bear libweir.so in LD_PRELOAD: `weir run` starts them without it.
#include <algorithm>
#include <filesystem>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

bool begins_as_asan(const std::string& library) {
  return library.starts_with("libasan.so") || library.starts_with("libclang_rt.asan");
}

}  // namespace

bool is_for_musl(const ElfFacts& facts) {
  return facts.interpreter &&
         (std::filesystem::path{*facts.interpreter}.filename().string().starts_with("ld-musl") ||
          std::any_of(facts.needed.begin(), facts.needed.end(),
                      [](const std::string& name) { return name.starts_with("libc.musl"); }));
}

bool asan_insists(const ElfFacts& facts, const std::vector<std::string>& environment) {
  return facts.exported.has(Mark::AsanOptions) &&
         std::any_of(facts.needed.begin(), facts.needed.end(), begins_as_asan) &&
         variable(environment, "ASAN_OPTIONS").value_or("").find("verify_asan_link_order=0") ==
             std::string::npos;
}

std::string why_preload_harms(const std::vector<std::string>& command, const Surroundings& around) {
  const CommandEnd end = follow(command, around);
  if (end.problem) return {};
  const ElfFacts facts = read_elf(end.chain.back(), ElfDepth::Brief);
  if (!facts.is_elf()) return {};
  if (is_for_musl(facts))
    return "it is built for musl, where libweir.so in LD_PRELOAD would keep it from starting; so it ran "
           "without";
  if (asan_insists(facts, end.environment))
    return "its AddressSanitizer insists on being the first library, where libweir.so in LD_PRELOAD would "
           "be; so "
           "it ran without";
  return {};
}

}  // namespace weir::tool

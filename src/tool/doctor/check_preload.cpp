// What LD_PRELOAD holds already. weir run puts libweir.so before it.
#include <fmt/format.h>

#include <filesystem>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> entries(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(": ");
    if (end != 0) out.emplace_back(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return out;
}

Finding finding(std::string id, Severity severity, Verdict allows, std::string text, std::string advice) {
  return {.id = std::move(id),
          .severity = severity,
          .topic = Topic::Surroundings,
          .allows = allows,
          .text = std::move(text),
          .advice = std::move(advice)};
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code failed;
  return fs::equivalent(a, b, failed);
}

void check_entry(const Subject& subject, const std::string& entry, bool is_before_weir, Findings& out) {
  const std::string path = find_library_named(entry, subject.path, subject.facts, subject.loader);
  if (path.empty())
    return out.push_back(finding(
        "preload_missing", Severity::Info, Verdict::Yes,
        fmt::format("LD_PRELOAD names {}, which is not found: the loader will say so and go on.", entry),
        "Unset it."));
  if (is_same_file(path, subject.around.library)) return;
  const ElfFacts facts = read_elf(path, ElfDepth::Brief);
  if (fs::path{path}.filename() == "libweir.so")
    return out.push_back(finding(
        "preload_second_weir", Severity::Warning, Verdict::Partly,
        fmt::format("LD_PRELOAD names another libweir.so, {}: two of them in one program both count.", path),
        "Take it out of LD_PRELOAD."));
  if (fs::path{path}.filename().string().starts_with("libasan.so"))
    return out.push_back(finding(
        "preload_asan", Severity::Error, Verdict::No,
        fmt::format("LD_PRELOAD names {}, which has a malloc of its own: weir leaves it in place and sees no "
                    "blocks.",
                    entry),
        "Take it out of LD_PRELOAD."));
  if (!facts.exported.has(Mark::Malloc))
    return out.push_back(
        finding("preload", Severity::Info, Verdict::Yes,
                fmt::format("LD_PRELOAD names {}: weir run keeps it, behind libweir.so.", entry), {}));
  out.push_back(finding(
      "preload_allocator", is_before_weir ? Severity::Warning : Severity::Info, Verdict::Yes,
      fmt::format(
          "LD_PRELOAD names {}, an allocator: weir run puts libweir.so before it, so its malloc is not used. "
          "Before libweir.so in LD_PRELOAD it would hide all from weir.",
          entry),
      "Keep libweir.so first, or take it out of LD_PRELOAD."));
}

}  // namespace

void check_preload(const Subject& subject, Findings& out) {
  const std::vector<std::string> list = entries(subject.variable("LD_PRELOAD").value_or(""));
  bool has_weir_behind = false;
  for (auto entry = list.rbegin(); entry != list.rend(); ++entry) {
    has_weir_behind = has_weir_behind || is_same_file(*entry, subject.around.library);
    check_entry(subject, *entry, has_weir_behind, out);
  }
}

}  // namespace weir::tool

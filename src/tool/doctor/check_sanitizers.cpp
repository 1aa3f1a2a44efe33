// Sanitizers have a malloc of their own, which weir leaves in place (core/engine/company.cpp). What is said of each was seen
// with gcc 12 and clang 14.
#include <fmt/format.h>

#include <algorithm>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

struct Sanitizer {
  Mark mark;
  std::string_view name, library, clang_library;
};
constexpr Sanitizer kSanitizers[] = {
    {Mark::Asan, "AddressSanitizer", "libasan.so", "libclang_rt.asan"},
    {Mark::Tsan, "ThreadSanitizer", "libtsan.so", "libclang_rt.tsan"},
    {Mark::Msan, "MemorySanitizer", "libmsan.so", "libclang_rt.msan"},
    {Mark::Hwasan, "HWAddressSanitizer", "libhwasan.so", "libclang_rt.hwasan"},
    {Mark::Lsan, "LeakSanitizer", "liblsan.so", "libclang_rt.lsan"},
};
constexpr std::string_view kAdvice = "Use a build without -fsanitize for weir.";

bool needs(const Subject& subject, const Sanitizer& sanitizer) {
  return std::any_of(subject.libraries.begin(), subject.libraries.end(), [&](const Library& library) {
    return library.asked_as.starts_with(sanitizer.library) ||
           library.asked_as.starts_with(sanitizer.clang_library);
  });
}

Finding finding(const Sanitizer& sanitizer, const Subject& subject) {
  const bool stops = sanitizer.mark == Mark::Asan && asan_insists(subject.facts, subject.command.environment);
  return {
      .id = "sanitizer",
      .severity = Severity::Error,
      .topic = Topic::Memory,
      .allows = Verdict::No,
      .text = fmt::format("The program is built with {}, which has a malloc of its own: weir leaves it in "
                          "place and sees no blocks.{}",
                          sanitizer.name,
                          stops ? " With libweir.so in LD_PRELOAD it stops at its start, because its "
                                  "runtime insists on being the first library; weir run starts it without."
                                : ""),
      .advice = std::string{kAdvice}};
}

}  // namespace

void check_sanitizers(const Subject& subject, Findings& out) {
  for (const Sanitizer& sanitizer : kSanitizers) {
    const bool linked =
        subject.facts.exported.has(sanitizer.mark) || subject.facts.contained.has(sanitizer.mark);
    if (linked || needs(subject, sanitizer)) return out.push_back(finding(sanitizer, subject));
  }
}

}  // namespace weir::tool

// Sanitizers have a malloc of their own, and ways to insist on it. What is said of each was seen with gcc 12 and clang 14.
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

Finding finding(const Sanitizer& sanitizer, Severity severity, Verdict allows, std::string text) {
  return {.id = severity == Severity::Error ? "sanitizer" : "sanitizer_blind",
          .severity = severity,
          .topic = Topic::Memory,
          .allows = allows,
          .text = fmt::format("The program is built with {}: {}", sanitizer.name, text),
          .advice = std::string{kAdvice}};
}

Finding inside(const Sanitizer& sanitizer) {
  const std::string_view more =
      sanitizer.mark == Mark::Tsan ? " With weir in front such a program may crash at its start." : "";
  return finding(sanitizer, Severity::Error, Verdict::No,
                 fmt::format("its malloc is linked into the program and comes before any preloaded one, so "
                             "weir sees no blocks.{}",
                             more));
}

Finding beside(const Sanitizer& sanitizer, const Subject& subject) {
  const bool insists =
      subject.variable("ASAN_OPTIONS").value_or("").find("verify_asan_link_order=0") == std::string::npos;
  if (sanitizer.mark == Mark::Asan && insists)
    return finding(sanitizer, Severity::Error, Verdict::No,
                   "it insists on being the first library, and with weir in front the "
                   "program stops at its start.");
  return finding(sanitizer, Severity::Warning, Verdict::Yes,
                 "weir takes malloc over from it, so it checks none of the heap's "
                 "blocks in this run.");
}

}  // namespace

void check_sanitizers(const Subject& subject, Findings& out) {
  for (const Sanitizer& sanitizer : kSanitizers) {
    const bool linked =
        subject.facts.exported.has(sanitizer.mark) || subject.facts.contained.has(sanitizer.mark);
    if (needs(subject, sanitizer)) return out.push_back(beside(sanitizer, subject));
    if (linked) return out.push_back(inside(sanitizer));
  }
}

}  // namespace weir::tool

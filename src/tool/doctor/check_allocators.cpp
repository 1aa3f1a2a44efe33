// Whose malloc the program calls. The loader takes the program's own first, then weir's, then those of its libraries.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

struct Allocator {
  Mark mark;
  std::string_view name, functions;
};
constexpr Allocator kAllocators[] = {
    {Mark::Jemalloc, "jemalloc", "mallocx, je_malloc"},
    {Mark::Tcmalloc, "tcmalloc", "tc_malloc"},
    {Mark::Mimalloc, "mimalloc", "mi_malloc"},
    {Mark::OtherAllocator, "an allocator of its own", "scalable_malloc, rpmalloc"}};
constexpr std::string_view kAdvice =
    "Use a build with the C library's malloc (often an option: --without-jemalloc, MALLOC=libc, "
    "-DUSE_TCMALLOC=OFF).";

std::string brand(const Marks& marks) {
  for (const Allocator& allocator : kAllocators)
    if (marks.has(allocator.mark)) return std::string{allocator.name};
  return "an allocator of its own";
}

bool has_any(const Marks& marks) {
  return std::any_of(std::begin(kAllocators), std::end(kAllocators),
                     [&](const Allocator& allocator) { return marks.has(allocator.mark); });
}

Marks defined(const ElfFacts& facts) {
  Marks out = facts.exported;
  return out |= facts.contained;
}

bool is_sanitizer(const Library& library) {
  return library.asked_as.find("san.so") != std::string::npos || library.asked_as.starts_with("libclang_rt.");
}

bool is_of_libc(const Library& library) {
  return library.asked_as == "libc.so.6" || library.asked_as.starts_with("ld-linux");
}

void check_own(const Subject& subject, Findings& out) {
  const ElfFacts& facts = subject.facts;
  const std::string name = brand(defined(facts));
  Finding finding{.id = "own_allocator",
                  .severity = Severity::Error,
                  .topic = Topic::Memory,
                  .allows = Verdict::No,
                  .text = {},
                  .advice = std::string{kAdvice}};
  if (facts.exported.has(Mark::Malloc)) {
    finding.text = fmt::format(
        "The program brings its own malloc ({}), which comes before any preloaded one: weir sees none of "
        "its blocks.",
        name);
    const bool new_is_ours = facts.imported.has(Mark::OperatorNew) && !facts.exported.has(Mark::OperatorNew);
    if (new_is_ours) finding.text += " Those of C++'s operator new are recorded.";
    if (records_cuda(subject)) finding.text += " CUDA memory is recorded.";
    if (new_is_ours || records_cuda(subject)) {
      finding.severity = Severity::Warning;
      finding.allows = Verdict::Partly;
    }
  } else if (facts.contained.has(Mark::Malloc)) {
    finding.severity = Severity::Warning;
    finding.allows = Verdict::Partly;
    finding.text = fmt::format(
        "The program has a malloc of its own inside ({}): what its own code allocates is not recorded, only "
        "what its shared libraries do.",
        name);
  } else if (has_any(defined(facts))) {
    finding.severity = Severity::Warning;
    finding.allows = Verdict::Partly;
    finding.text = fmt::format(
        "The program has {} inside{}, under other names than malloc's: blocks that it takes from there are "
        "not recorded.",
        name, facts.shows(Mark::Rust) ? " (a Rust program's #[global_allocator])" : "");
  } else {
    return;
  }
  out.push_back(finding);
}

void check_library(const Subject& subject, const Library& library, Findings& out) {
  const Marks marks = defined(library.facts);
  const std::string name = brand(marks);
  if (library.facts.exported.has(Mark::Malloc)) {
    out.push_back(
        {.id = "library_allocator",
         .severity = Severity::Info,
         .topic = Topic::Memory,
         .allows = Verdict::Yes,
         .text = fmt::format(
             "The program runs on {}'s malloc; under weir it runs on weir's, so what is held but unused is "
             "weir's doing, not its.",
             library.asked_as),
         .advice = {}});
    if (!has_any(subject.facts.imported)) return;
    out.push_back(
        {.id = "allocator_calls",
         .severity = Severity::Warning,
         .topic = Topic::Memory,
         .allows = Verdict::Partly,
         .text = fmt::format(
             "The program also calls {}'s own functions (as {}): blocks from there are not recorded.", name,
             brand(subject.facts.imported) == "jemalloc" ? "mallocx" : "tc_malloc or mi_malloc"),
         .advice = std::string{kAdvice}});
  } else if (has_any(marks)) {
    out.push_back({.id = "library_own_allocator",
                   .severity = Severity::Warning,
                   .topic = Topic::Memory,
                   .allows = Verdict::Partly,
                   .text = fmt::format("{} has {} inside: blocks that it takes from there are not recorded.",
                                       library.asked_as, name),
                   .advice = {}});
  }
}

}  // namespace

void check_allocators(const Subject& subject, Findings& out) {
  const bool is_sanitized =
      std::any_of(out.begin(), out.end(), [](const Finding& f) { return f.id == "sanitizer"; });
  if (!is_sanitized) check_own(subject, out);
  for (const Library& library : subject.libraries)
    if (!is_of_libc(library) && !is_sanitizer(library)) check_library(subject, library, out);
}

}  // namespace weir::tool

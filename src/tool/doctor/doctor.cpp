// The order of the checks, and the verdict.
#include "tool/doctor/doctor.hpp"

#include <algorithm>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

/// Whether anything can be preloaded into the program.
constexpr Check kAboutEntry[] = {&check_command, &check_file, &check_loader, &check_secure, &check_libraries};
/// Whose memory is seen.
constexpr Check kAboutMemory[] = {&check_languages, &check_sanitizers, &check_allocators};
/// How well, and what else the run needs.
constexpr Check kAboutTheRest[] = {&check_names,   &check_cuda,    &check_profile,
                                   &check_options, &check_preload, &check_limits};

Subject look_at(const CommandEnd& command, const Surroundings& around) {
  Subject out{.around = around,
              .command = command,
              .path = command.chain.back(),
              .facts = {},
              .weir = {},
              .libraries = {},
              .loader = {}};
  out.loader = {.library_path = variable(command.environment, "LD_LIBRARY_PATH").value_or(""),
                .cache = around.loader_cache};
  if (!around.library.empty()) out.weir = read_elf(around.library, ElfDepth::Brief);
  if (command.problem) return out;
  out.facts = read_elf(out.path, ElfDepth::Full);
  if (out.facts.interpreter) out.libraries = find_libraries(out.path, out.facts, out.loader);
  return out;
}

}  // namespace

bool is_hopeless(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.allows == Verdict::No; });
}

Diagnosis examine(const std::vector<std::string>& command, const Surroundings& around) {
  const CommandEnd end = follow(command, around);
  const Subject subject = look_at(end, around);
  Diagnosis out;
  out.program = end.chain.front();
  out.chain = end.chain;
  Findings& findings = out.findings;
  for (const Check check : kAboutEntry) check(subject, findings);
  const bool has_entry = subject.facts.is_elf() && !is_hopeless(findings);
  if (subject.facts.is_elf() && !has_entry) check_languages(subject, findings);
  if (has_entry)
    for (const Check check : kAboutMemory) check(subject, findings);
  if (has_entry && !is_hopeless(findings))
    for (const Check check : kAboutTheRest) check(subject, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.topic < b.topic; });
  for (const Finding& finding : findings) out.verdict = std::max(out.verdict, finding.allows);
  return out;
}

}  // namespace weir::tool

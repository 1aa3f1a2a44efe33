// What the report will be able to say of a call stack: how far it reaches, functions, lines.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

constexpr double kEnoughCover = 0.75;

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

/// Debug information in a file of its own, where debuggers look for it.
bool has_debug_file(const std::string& path, const ElfFacts& facts, const fs::path& debug) {
  if (facts.build_id.size() > 2 &&
      is_file(debug / ".build-id" / facts.build_id.substr(0, 2) / (facts.build_id.substr(2) + ".debug")))
    return true;
  if (facts.debug_link.empty() || facts.debug_link.find('/') != std::string::npos) return false;
  std::error_code failed;
  const fs::path folder = fs::canonical(path, failed).parent_path();
  return is_file(folder / ".debug" / facts.debug_link) ||
         is_file(debug / folder.relative_path() / facts.debug_link) ||
         (is_file(folder / facts.debug_link) && folder / facts.debug_link != fs::path{path});
}

bool has_lines(const std::string& path, const ElfFacts& facts, const Surroundings& around) {
  return facts.has_line_numbers || has_debug_file(path, facts, around.debug_folder);
}

void check_program(const Subject& subject, Findings& out) {
  if (has_lines(subject.path, subject.facts, subject.around)) return;
  const bool is_stripped = !subject.facts.has_symbol_table;
  out.push_back(
      {.id = is_stripped ? "stripped" : "no_lines",
       .severity = subject.command.is_script ? Severity::Info : Severity::Warning,
       .topic = Topic::Stacks,
       .allows = Verdict::Yes,
       .text = is_stripped
                   ? fmt::format(
                         "{} is stripped: the report names only functions that it exports, other frames are "
                         "shown as {}+0x….",
                         subject.path, fs::path{subject.path}.filename().string())
                   : fmt::format(
                         "{} has no debug information: the report names functions, but no files, lines and "
                         "inlined functions.",
                         subject.path),
       .advice = "Build it with -g, or install its debug symbols (Debian: the package's -dbgsym)."});
}

bool is_of_system(const std::string& path) {
  return path.starts_with("/lib") || path.starts_with("/usr/") || path.starts_with("/opt/");
}

/// The program's own libraries; those of the system are stripped everywhere.
void check_own_libraries(const Subject& subject, Findings& out) {
  std::vector<std::string> bare;
  for (const Library& library : subject.libraries)
    if (!library.path.empty() && !is_of_system(library.path) &&
        !has_lines(library.path, library.facts, subject.around))
      bare.push_back(library.asked_as);
  if (bare.empty()) return;
  constexpr std::size_t kShown = 5;
  const std::size_t more = bare.size() > kShown ? bare.size() - kShown : 0;
  bare.resize(bare.size() - more);
  out.push_back({.id = "libraries_no_lines",
                 .severity = Severity::Info,
                 .topic = Topic::Stacks,
                 .allows = Verdict::Yes,
                 .text = fmt::format("Without debug information: {}{}. Their frames have no files and lines.",
                                     fmt::join(bare, ", "),
                                     more == 0 ? "" : fmt::format(" and {} more libraries", more)),
                 .advice = "Build them with -g."});
}

void check_frames(const Subject& subject, Findings& out) {
  const double cover = subject.facts.has_frame_table ? subject.facts.frame_cover.value_or(1.0) : 0.0;
  if (cover >= kEnoughCover) return;
  out.push_back(
      {.id = "no_unwind_tables",
       .severity = Severity::Warning,
       .topic = Topic::Stacks,
       .allows = Verdict::Partly,
       .text = cover < 0.01
                   ? "None of the program's code has unwind tables (.eh_frame): call stacks end at its "
                     "youngest frame, "
                     "unless it keeps frame pointers."
                   : fmt::format(
                         "Only {:.0f} % of the program's code has unwind tables (.eh_frame): call stacks end "
                         "in the rest of it, unless it keeps frame pointers.",
                         cover * 100),
       .advice = "Build it with -fasynchronous-unwind-tables or -fno-omit-frame-pointer, and do not strip "
                 ".eh_frame."});
}

}  // namespace

void check_names(const Subject& subject, Findings& out) {
  check_frames(subject, out);
  check_program(subject, out);
  check_own_libraries(subject, out);
}

}  // namespace weir::tool

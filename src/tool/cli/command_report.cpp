// `weir report`: a profile in words or as JSON.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <ostream>

#include "tool/cli/cli.hpp"
#include "tool/cli/inputs.hpp"
#include "tool/cli/output.hpp"
#include "tool/cli/terminal.hpp"
#include "tool/cli/watch.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

/// Formats of the contract that later versions write.
constexpr std::string_view kLater[] = {"html", "pprof", "folded", "dhat"};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void check(const ReportOptions& options) {
  if (has(kLater, options.format))
    throw Error{fmt::format("format {} is not in this version", options.format)};
  if (!has(format_names(), options.format))
    throw Error{
        fmt::format("unknown format '{}'; known: {}", options.format, fmt::join(format_names(), ", "))};
  if (!options.only.empty() && !has(section_names(), options.only))
    throw Error{
        fmt::format("unknown section '{}'; known: {}", options.only, fmt::join(section_names(), ", "))};
}

std::string sections_in_two_lines() {
  const auto names = section_names();
  const auto middle = names.begin() + static_cast<std::ptrdiff_t>(names.size() + 1) / 2;
  return fmt::format("{},\n{}", fmt::join(names.begin(), middle, ", "), fmt::join(middle, names.end(), ", "));
}

/// One process, and something to tell of its growth.
bool is_to_be_watched(const std::vector<std::string>& files, const ReportOptions& options, double seconds) {
  return files.size() == 1 && seconds > 0 && (options.only.empty() || options.only == "growth");
}

}  // namespace

int command_report(const Arguments& arguments) {
  ReportOptions options;
  std::string out, suppressions;
  std::vector<std::string> words;
  double seconds = 1;
  CLI::App app{
      "Show what a profile says: leaks, who held the peak, memory held but unused, and what was not seen.",
      "weir report"};
  app.add_option("--format", options.format, "text or json")->option_text("FORMAT");
  app.add_option("--only", options.only, sections_in_two_lines())->option_text("SECTION");
  app.add_option("--top", options.top, "call sites in each list of the text (default 10)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--suppressions", suppressions, "file of lines leak:PATTERN, as LeakSanitizer's")
      ->option_text("FILE");
  app.add_flag("--reachable", options.show_reachable,
               "list the call sites of blocks, too, that something still points to");
  app.add_flag("--show-suppressed", options.show_suppressed, "list the leaks that suppressions leave out");
  app.add_option("--watch", seconds,
                 "a live process: seconds in which to see what grows (default 1; 0: do not)")
      ->option_text("S")
      ->check(CLI::Range(0.0, 86400.0));
  app.add_option("-o,--output", out, "write there instead of standard output")->option_text("OUT");
  app.add_option("PROFILE", words,
                 std::string{"profiles, of programs that run or have ended, told as one:\n"} + kProfilesHelp)
      ->required()
      ->option_text("...");
  if (!parse_arguments(app, arguments)) return 0;
  check(options);
  if (!suppressions.empty()) options.suppressions = load_suppressions(suppressions);
  fit_to_terminal(options, out.empty() ? STDOUT_FILENO : -1);
  const std::vector<std::string> files = profile_files(words);
  const Watched watched = is_to_be_watched(files, options, seconds) ? watch(files.front(), seconds)
                                                                    : Watched{load_all(files), {}, {}};
  if (watched.growth) options.growth = &*watched.growth;
  options.no_growth = watched.why_not;
  write_to(out, [&](std::ostream& stream) { write_report(watched.profile, options, stream); });
  return 0;
}

}  // namespace weir::tool

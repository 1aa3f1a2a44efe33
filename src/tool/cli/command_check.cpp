// `weir check`: the gate for CI.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <optional>
#include <ostream>

#include "core/config/config.hpp"
#include "tool/check/check.hpp"
#include "tool/cli/cli.hpp"
#include "tool/cli/inputs.hpp"
#include "tool/cli/output.hpp"
#include "tool/cli/terminal.hpp"
#include "tool/symbolize/progress.hpp"

namespace weir::tool {
namespace {

constexpr int kBeyond = 1;

std::optional<std::uint64_t> limit(const std::string& option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t bytes = 0;
  if (!config::parse_bytes(text, 0, ~std::uint64_t{0}, bytes))
    throw Error{fmt::format("{} {}: expected a number of bytes, such as 0, 4096, 64K, 1M or 2GiB", option,
                            one_line(text))};
  return bytes;
}

/// A file that cannot be read might be the one that leaks: it throws.
void take_in(const std::vector<std::string>& words, Checked& into) {
  const std::vector<std::string> files = profile_files(words);
  Progress progress{"profiles read", files.size()};
  for (const std::string& path : files) {
    if (!into.add(load(path), path))
      complain(fmt::format("{} tells of a process that is in already; it was left out", path));
    progress.advance();
  }
  into.finish();
}

}  // namespace

int command_check(const Arguments& arguments) {
  CheckOptions options;
  std::string max_lost, max_live, suppressions, baseline;
  std::vector<std::string> words;
  CLI::App app{
      "For CI: fail where more memory is lost, or live at the end, than allowed; say where it was allocated.",
      "weir check"};
  // Text, so that an empty one can be told from none.
  auto* lost = app.add_option("--max-lost", max_lost,
                              "bytes that nothing may point to any more (0 if no limit is set)")
                   ->option_text("BYTES");
  auto* live =
      app.add_option("--max-live", max_live, "bytes that may be live at the end, lost or not; like 64K, 1M")
          ->option_text("BYTES");
  app.add_option("--baseline", baseline,
                 "count only what is more than in this profile, folder, @LIST or JSON report")
      ->option_text("OLD");
  app.add_option("--suppressions", suppressions, "file of lines leak:PATTERN, as LeakSanitizer's")
      ->option_text("FILE");
  app.add_flag("--allow-unknown", options.allow_unknown,
               "let pass what could not be judged (it is told all the same)");
  app.add_option("--format", options.report.format, "text or json")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--top", options.report.top, "call sites shown in each list of the text (default 10)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("PROFILE", words, kProfilesHelp)->required()->option_text("...");
  app.footer(
      "Exit status: 0 within the limits, 1 beyond them or not judged, 2 on wrong usage or an unreadable "
      "file.");
  if (!parse_arguments(app, arguments)) return 0;
  for (const auto& [option, text] : {std::pair{lost, &max_lost}, {live, &max_live}})
    if (option->count() != 0 && text->empty())
      throw Error{option->get_name() + " '': expected a number of bytes"};
  options.max_lost = limit("--max-lost", max_lost);
  options.max_live = limit("--max-live", max_live);
  if (!suppressions.empty()) options.report.suppressions = load_suppressions(suppressions);
  fit_to_terminal(options.report, STDOUT_FILENO);
  Checked checked;
  take_in(words, checked);
  std::optional<Checked> before;
  if (!baseline.empty() && is_report(baseline))
    read_report(baseline, before.emplace());
  else if (!baseline.empty())
    take_in({baseline}, before.emplace());
  bool is_passed = false;
  write_to("", [&](std::ostream& out) {
    is_passed = write_check(checked, before ? &*before : nullptr, options, out);
  });
  return is_passed ? 0 : kBeyond;
}

}  // namespace weir::tool

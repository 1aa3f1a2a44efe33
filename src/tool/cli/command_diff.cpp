// `weir diff`: what grew from one profile to another.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "tool/cli/cli.hpp"
#include "tool/cli/inputs.hpp"
#include "tool/cli/output.hpp"
#include "tool/cli/terminal.hpp"
#include "tool/report/report.hpp"
#include "tool/symbolize/progress.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

/// The files in the order in which they were named; those of a folder or a list in its place.
std::vector<std::string> files_of(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    std::error_code ignored;
    if (!word.starts_with('@') && !fs::is_directory(word, ignored)) {
      out.push_back(word);
      continue;
    }
    const std::vector<std::string> found = profile_files({word});
    out.insert(out.end(), found.begin(), found.end());
  }
  if (out.size() < 2) throw Error{"two profiles are needed: OLD and NEW"};
  for (std::size_t i = 0; i != out.size(); ++i)
    for (std::size_t j = 0; j != i; ++j) {
      std::error_code ignored;
      if (fs::equivalent(out[i], out[j], ignored))
        throw Error{
            fmt::format("{} and {} are one file; copy the profile of a live process (cp), and later again",
                        out[j], out[i])};
    }
  return out;
}

std::vector<Reading> read_all(const std::vector<std::string>& files) {
  std::vector<Reading> out;
  Progress progress{"profiles read", files.size()};
  for (const std::string& path : files) {
    const Profile profile = load(path);
    out.push_back(read_out(profile, path, moment_of(profile, path)));
    progress.advance();
  }
  return out;
}

}  // namespace

int command_diff(const Arguments& arguments) {
  ReportOptions options;
  std::string out;
  std::vector<std::string> words;
  CLI::App app{
      "Tell what grew from one profile to another, by call site.\n"
      "Of a process that runs: copy its profile now and then (cp), and compare the copies. Slopes are by its "
      "clock.",
      "weir diff"};
  app.add_option("--format", options.format, "text or json")->option_text("FORMAT");
  app.add_option("--top", options.top, "call sites in each list of the text (default 10)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("-o,--output", out, "write there instead of standard output")->option_text("OUT");
  app.add_option("PROFILE", words,
                 "two or more of one run, in any order (with three what swings is told\n"
                 "from what grows), or two of different runs; folders and @LIST, too")
      ->required()
      ->option_text("OLD NEW [NEWER...]");
  app.footer("Exit status: 0 compared, whatever grew; 2 wrong usage, or an unreadable file.");
  if (!parse_arguments(app, arguments)) return 0;
  options.schema = "weir-diff/1";
  if (options.format != "text" && options.format != "json")
    throw Error{fmt::format("unknown format '{}'; known: text, json", options.format)};
  fit_to_terminal(options, out.empty() ? STDOUT_FILENO : -1);
  const std::vector<std::string> files = files_of(words);
  std::vector<Reading> readings = read_all(files);
  if (are_of_one_run(readings)) {
    put_in_order(readings);
    const Profile newest = load(readings.back().name);
    const Growth growth = growth_of(std::move(readings), true);
    write_to(out, [&](std::ostream& stream) { write_growth(growth, newest, options, stream); });
    return 0;
  }
  if (files.size() != 2)
    throw Error{fmt::format("the {} profiles are not all of one run; of different runs two are compared",
                            files.size())};
  const Profile before = load(files[0]), after = load(files[1]);
  write_to(out,
           [&](std::ostream& stream) { write_diff(std::move(readings), before, after, options, stream); });
  return 0;
}

}  // namespace weir::tool

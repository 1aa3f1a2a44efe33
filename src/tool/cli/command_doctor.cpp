// `weir doctor`: whether weir can see a program, told before it runs. The command itself is never started.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include "tool/cli/child.hpp"
#include "tool/cli/cli.hpp"
#include "tool/cli/library.hpp"
#include "tool/cli/output.hpp"
#include "tool/cli/terminal.hpp"
#include "tool/doctor/doctor.hpp"

namespace weir::tool {
namespace {

struct Choices {
  std::string format = "text";
  Arguments command;
};

/// Everything from the first word on that is no option of ours belongs to the command.
bool parse(const Arguments& arguments, Choices& out) {
  CLI::App app{"Tell whether weir can record COMMAND, how well, and what to do about it. Runs nothing of it.",
               "weir doctor"};
  app.footer(
      "What follows the first word that is no option, or --, is the command:\n"
      "  weir doctor [OPTIONS] [--] COMMAND [ARG...]\n"
      "Looked at as well: WEIR_* and LD_* variables, limits, and the place of the profile.\n"
      "Exit status: 0 weir can record it, wholly or partly; 1 it cannot; 2 wrong usage, or no such program.");
  app.add_option("--format", out.format, "text or json")->option_text("FORMAT");
  auto at = arguments.begin();
  while (at != arguments.end() && at->size() > 1 && at->starts_with('-') && *at != "--")
    at += *at == "--format" && std::next(at) != arguments.end() ? 2 : 1;
  if (!parse_arguments(app, {arguments.begin(), at})) return false;
  if (at != arguments.end() && *at == "--") ++at;
  out.command.assign(at, arguments.end());
  if (out.format != "text" && out.format != "json")
    throw Error{fmt::format("unknown format '{}'; known: text, json", out.format)};
  if (out.command.empty()) throw Error{"no command to look at; see weir doctor --help"};
  return true;
}

Surroundings here() {
  Surroundings out;
  for (char** at = environ; *at != nullptr; ++at) out.environment.emplace_back(*at);
  out.find_program = &find_program;
  out.user = getuid();
  out.group = getgid();
  try {
    out.library = find_library();
  } catch (const Error& error) {
    out.no_library = error.what();
  }
  return out;
}

}  // namespace

int command_doctor(const Arguments& arguments) {
  Choices choices;
  if (!parse(arguments, choices)) return 0;
  const Diagnosis diagnosis = examine(choices.command, here());
  ReportOptions shown;
  fit_to_terminal(shown, STDOUT_FILENO);
  write_all(stdout, choices.format == "json"
                        ? diagnosis_json(diagnosis)
                        : diagnosis_text(diagnosis, {.width = shown.width, .unicode = shown.unicode}));
  return diagnosis.verdict == Verdict::No ? 1 : 0;
}

}  // namespace weir::tool

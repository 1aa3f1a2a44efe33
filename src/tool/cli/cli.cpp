// Finding the command, and turning exceptions into one line and exit status 2.
#include "tool/cli/cli.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <new>

#include "tool/cli/output.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

struct Command {
  std::string_view name, usage, help;
  int (*run)(const Arguments& arguments);
};
constexpr Command kCommands[] = {
#define COMMAND(name, usage, help) {#name, usage, help, &command_##name},
#include "tool/cli/commands.inc"
#undef COMMAND
};

/// Words of the contract that later versions serve.
constexpr std::string_view kLater[] = {"advise", "top"};

std::string help() {
  std::string out = "weir records every allocation of an unmodified program, by call site.\n\n";
  for (const Command& command : kCommands)
    out += fmt::format("  weir {} {}\n      {}\n", command.name, command.usage, command.help);
  out +=
      "  weir --version | --help\n\n"
      "Each command explains itself: weir COMMAND --help.\n"
      "Without this program: LD_PRELOAD=/path/libweir.so WEIR_OUT=app.%p.weir ./app\n"
      "Exit status: 2 on wrong usage or an unreadable file; `weir run` ends as its command does,\n"
      "with 128+N if that died of signal N.\n";
  return out;
}

int dispatch(const Arguments& all) {
  if (all.empty()) throw Error{"no command given; see weir --help"};
  if (all[0] == "--help" || all[0] == "-h" || all[0] == "help") {
    write_all(stdout, help());
    return 0;
  }
  if (all[0] == "--version") {
    write_all(stdout, "weir " WEIR_VERSION "\n");
    return 0;
  }
  const auto command = std::find_if(std::begin(kCommands), std::end(kCommands),
                                    [&](const Command& c) { return c.name == all[0]; });
  if (command != std::end(kCommands)) return command->run({all.begin() + 1, all.end()});
  if (std::find(std::begin(kLater), std::end(kLater), all[0]) != std::end(kLater))
    throw Error{fmt::format("weir {} is not in this version", all[0])};
  throw Error{fmt::format("{} '{}'; see weir --help",
                          all[0].starts_with('-') ? "unknown option" : "unknown command", one_line(all[0]))};
}

}  // namespace

bool parse_arguments(CLI::App& app, const Arguments& arguments) {
  try {
    app.parse(Arguments{arguments.rbegin(), arguments.rend()});
    return true;
  } catch (const CLI::CallForHelp&) {
    write_all(stdout, app.help());
    return false;
  } catch (const CLI::ParseError& error) {
    throw Error{fmt::format("{}; see {} --help", one_line(error.what()), app.get_name())};
  }
}

int main_of_weir(int argc, char** argv) {
  try {
    return dispatch({argv + std::min(argc, 1), argv + argc});
  } catch (const std::bad_alloc&) {
    complain("out of memory");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return kUsage;
}

}  // namespace weir::tool

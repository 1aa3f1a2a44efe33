// The `weir` program: commands, their arguments, and exit statuses.
//
// Exit status 2 with one line on stderr for wrong usage and for files that cannot be read or written; `weir run`
// otherwise ends as its command did.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir::tool {

inline constexpr int kUsage = 2;

/// The whole program. Never throws.
int main_of_weir(int argc, char** argv);

/// Parses a command's own arguments. False: --help was asked for and has been printed. Throws Error with one line.
[[nodiscard]] bool parse_arguments(CLI::App& app, const std::vector<std::string>& arguments);

/// What follows the command's word, and the name it was called by.
using Arguments = std::vector<std::string>;

#define COMMAND(name, usage, help) int command_##name(const Arguments& arguments);
#include "tool/cli/commands.inc"
#undef COMMAND

}  // namespace weir::tool

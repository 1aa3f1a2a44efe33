// From the words of a command to the ELF file that will run: #! lines as the kernel reads them, and `env NAME`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/doctor/doctor.hpp"

namespace weir::tool {

/// A command followed to its end.
struct CommandEnd {
  std::vector<std::string> chain;  ///< files, the first is the command's, the last one runs
  std::vector<std::string> words;  ///< the last one's arguments, without its own name
  std::vector<std::string> environment;
  bool is_script = false;
  std::string env;                 ///< the `env` on the way, which becomes its command by exec; empty: none
  std::optional<Finding> problem;  ///< why it ends before a program: chain.back() is where
};

[[nodiscard]] CommandEnd follow(const std::vector<std::string>& command, const Surroundings& around);

/// Interpreter and its one argument, as the kernel takes them from a script's first bytes; none: no #! line.
struct HashBang {
  std::string interpreter;
  std::optional<std::string> argument;
};
[[nodiscard]] std::optional<HashBang> hash_bang(std::string_view head);

/// What `env` with these arguments would do.
struct EnvWords {
  std::vector<std::string> settings;  ///< NAME=VALUE
  std::vector<std::string> removed;   ///< -u NAME
  bool clears = false;                ///< -i
  std::vector<std::string> command;   ///< empty: env prints its environment
};
[[nodiscard]] EnvWords env_words(std::vector<std::string> arguments);

/// The last setting of a variable, or null.
[[nodiscard]] std::optional<std::string> variable(const std::vector<std::string>& environment,
                                                  std::string_view name);

}  // namespace weir::tool

// A program started and waited for, with its signals: the part of `weir run` that must not be felt.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace weir::tool {

/// The file that a shell would run for this word. Throws Error, with one line, when there is none or it cannot run.
[[nodiscard]] std::string find_program(const std::string& word);

struct ChildEnd {
  pid_t pid;
  bool signalled;
  int value;  ///< exit code or signal number
};

/// Runs `program` with these arguments and changed environment ("NAME=VALUE" each) in our own session, process group
/// and terminal, and waits for its end. Signals sent to us meanwhile are passed on. Throws Error when it does not start.
[[nodiscard]] ChildEnd run_child(const std::string& program, const std::vector<std::string>& arguments,
                                 const std::vector<std::string>& environment);

}  // namespace weir::tool

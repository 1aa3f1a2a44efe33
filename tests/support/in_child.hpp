// Runs a piece of a test in a forked child: for what changes a whole process, or ends it.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::test {

enum class End { True, False, Killed };

/// How the child ended in which `what` ran: with its answer (none: true), or killed by a signal; an exception ends it so.
template <class Function>
End end_of_child(Function what) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);  // a sanitizer would turn it into an exit code
    // An exception must not leave: the child would go on with the tests that follow.
    const auto answer = [&]() noexcept -> bool {
      if constexpr (requires { static_cast<bool>(what()); }) return what();
      else what();
      return true;
    };
    _exit(answer() ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || WIFSIGNALED(status)) return End::Killed;
  return WEXITSTATUS(status) == 0 ? End::True : End::False;
}

template <class Function>
bool holds_in_child(Function what) {
  return end_of_child(what) == End::True;
}

}  // namespace weir::test

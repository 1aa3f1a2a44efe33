// Starting, signals, waiting.
//
// What the terminal sends (^C, ^Z, a hang-up) reaches the child without us, because we share its process group;
// such signals are only survived here. What somebody sends to us alone is passed on.
#include "tool/cli/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

constexpr int kPassedOn[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,  SIGUSR1, SIGUSR2,
                             SIGALRM, SIGCONT, SIGTSTP, SIGWINCH, SIGIO,   SIGURG};

volatile sig_atomic_t child_pid = 0;

void pass_on(int number, siginfo_t* info, void*) {
  const int saved = errno;
  // kill(2) is safe here: man 7 signal-safety. A positive code is the kernel's: the whole group has the signal.
  if (info->si_code <= 0 && child_pid > 0) kill(static_cast<pid_t>(child_pid), number);
  errno = saved;
}

/// While it lives, signals come to pass_on(); those ignored before stay ignored, as the child inherits that.
class Signals {
 public:
  Signals() {
    sigfillset(&all_);
    sigprocmask(SIG_BLOCK, &all_, &mask_);
    for (std::size_t i = 0; i != std::size(kPassedOn); ++i) {
      sigaction(kPassedOn[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_IGN) continue;
      struct sigaction action {};
      action.sa_sigaction = &pass_on;
      action.sa_flags = SA_SIGINFO | SA_RESTART;
      sigfillset(&action.sa_mask);
      sigaction(kPassedOn[i], &action, nullptr);
    }
  }
  ~Signals() {
    child_pid = 0;
    for (std::size_t i = 0; i != std::size(kPassedOn); ++i) sigaction(kPassedOn[i], &before_[i], nullptr);
    release();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The mask as it was. In the child this is all there is to undo: execve resets handlers.
  void release() const { sigprocmask(SIG_SETMASK, &mask_, nullptr); }

 private:
  sigset_t all_{}, mask_{};
  struct sigaction before_[std::size(kPassedOn)]{};
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// Whether a file the kernel knows no format for is a script without its first line, as shells accept it.
bool looks_like_text(const std::string& program) {
  const int fd = open(program.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char head[256];
  const ssize_t got = read(fd, head, sizeof(head));
  close(fd);
  return got >= 0 && std::memchr(head, '\0', static_cast<std::size_t>(got)) == nullptr;
}

/// In the child. Comes back only with an error number.
int execute(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    const std::size_t equals = entry.find('=');
    setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
  }
  execv(program.c_str(), pointers(arguments).data());
  if (errno != ENOEXEC || !looks_like_text(program)) return errno;
  std::vector<std::string> shell{"sh", program};
  shell.insert(shell.end(), arguments.begin() + 1, arguments.end());
  execv("/bin/sh", pointers(shell).data());
  return errno;
}

/// The error number that stopped the child before it became the program, or 0 once it has.
int start_error(int pipe_end) {
  int error = 0;
  ssize_t got;
  while ((got = read(pipe_end, &error, sizeof(error))) < 0 && errno == EINTR) {
  }
  return got == static_cast<ssize_t>(sizeof(error)) ? error : 0;
}

ChildEnd wait_for(pid_t pid) {
  for (;;) {
    int status = 0;
    if (waitpid(pid, &status, WUNTRACED) < 0) {
      if (errno == EINTR) continue;
      throw Error{fmt::format("lost the child: {}", std::strerror(errno))};
    }
    if (WIFEXITED(status)) return {pid, false, WEXITSTATUS(status)};
    if (WIFSIGNALED(status)) return {pid, true, WTERMSIG(status)};
    // Job control stopped it: the shell waits for us to stop as well. A plain SIGSTOP is between its sender and
    // the child: nobody would wake us from it.
    if (WIFSTOPPED(status) && WSTOPSIG(status) != SIGSTOP) raise(SIGSTOP);
  }
}

}  // namespace

ChildEnd run_child(const std::string& program, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error{fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  const Signals signals;
  const pid_t pid = fork();
  if (pid == 0) {
    signals.release();
    const int error = execute(program, arguments, environment);
    static_cast<void>(!write(ends[1], &error, sizeof(error)));
    _exit(127);
  }
  const int fork_error = errno;
  close(ends[1]);
  child_pid = pid;
  signals.release();
  const int error = pid < 0 ? fork_error : start_error(ends[0]);
  close(ends[0]);
  if (pid < 0) throw Error{fmt::format("cannot start a process: {}", std::strerror(error))};
  const auto why = [&] {
    if (error == ENOEXEC) return fmt::format("cannot run {}: it is no program", program);
    if (error == ENOENT) return fmt::format("cannot run {}: its interpreter or loader is missing", program);
    return fmt::format("cannot run {}: {}", program, std::strerror(error));
  };
  if (error != 0) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw Error{why()};
  }
  return wait_for(pid);
}

}  // namespace weir::tool

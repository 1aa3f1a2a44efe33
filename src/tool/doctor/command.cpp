// The chain of scripts and interpreters.
#include "tool/doctor/command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace weir::tool {
namespace {

constexpr std::size_t kHead = 256;         // BINPRM_BUF_SIZE
constexpr int kMostInterpreters = 5;       // then the kernel says ELOOP
constexpr std::size_t kLongestChain = 64;  // env and scripts can call each other for ever
constexpr std::string_view kBlanks{" \t"};

std::optional<std::string> head_of(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return std::nullopt;
  std::string out(kHead, '\0');
  const ssize_t got = read(fd, out.data(), out.size());
  close(fd);
  out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return out;
}

/// Why the kernel would not run the interpreter of a script.
std::optional<Finding> interpreter_problem(const std::string& script, const std::string& interpreter) {
  struct stat status {};
  const auto is = [&](std::string_view what) {
    return start_error(
        "interpreter",
        fmt::format("{} is a script for {}, which {}: it cannot start.", script, interpreter, what),
        "Install the interpreter, or correct the script's first line.");
  };
  if (stat(interpreter.c_str(), &status) != 0) return is("does not exist");
  if (S_ISDIR(status.st_mode)) return is("is a directory");
  if (access(interpreter.c_str(), X_OK) != 0) return is("is not executable");
  return std::nullopt;
}

bool is_env(const std::string& path) { return std::filesystem::path{path}.filename() == "env"; }

class Following {
 public:
  Following(const std::vector<std::string>& command, const Surroundings& around) : around_{around} {
    out_.environment = around.environment;
    start(around.find_program(command.at(0)), {command.begin() + 1, command.end()});
  }

  CommandEnd follow() {
    while (!out_.problem && step()) {
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] const std::string& here() const { return out_.chain.back(); }

  /// What execve is called for.
  void start(std::string file, std::vector<std::string> arguments) {
    out_.chain.push_back(file);
    out_.words = arguments;
    started_ = std::move(file);
    arguments_ = std::move(arguments);
    interpreters_ = 0;
  }

  /// False: arrived.
  bool step() {
    const std::optional<std::string> head = head_of(here());
    if (!head) return false;
    if (out_.chain.size() > kLongestChain) return give_up();
    if (head->starts_with("\177ELF")) return is_env(here()) && through_env();
    if (const auto line = hash_bang(*head)) return to_interpreter(*line);
    return to_shell();
  }

  bool give_up() {
    out_.problem = start_error(
        "interpreter", fmt::format("{}: scripts run by scripts, more than the kernel follows.", started_),
        "Name a program in the first line, not a script.");
    return false;
  }

  /// What the kernel knows no format for is given to the shell, as shells, execvp and `weir run` do.
  bool to_shell() {
    const std::optional<std::string> head = head_of(started_);
    if (!head || head->find('\0') != std::string::npos) {
      out_.problem =
          start_error("no_program", fmt::format("{} is no program: neither ELF nor a script.", started_), "");
      return false;
    }
    out_.is_script = true;
    std::vector<std::string> words{started_};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    start("/bin/sh", std::move(words));
    return true;
  }

  bool to_interpreter(const HashBang& line) {
    out_.is_script = true;
    if (++interpreters_ > kMostInterpreters) return give_up();
    out_.problem = interpreter_problem(here(), line.interpreter);
    if (out_.problem) return false;
    out_.words.insert(out_.words.begin(), here());
    if (line.argument) out_.words.insert(out_.words.begin(), *line.argument);
    out_.chain.push_back(line.interpreter);
    return true;
  }

  bool through_env() {
    const EnvWords words = env_words(out_.words);
    if (words.command.empty()) return false;
    std::string found;
    try {
      found = around_.find_program(words.command[0]);
    } catch (const Error&) {
      const bool joined = words.command[0].find_first_of(kBlanks) != std::string::npos;
      out_.problem = start_error(
          "interpreter",
          fmt::format("{} is to start '{}', which is not found: it cannot start.", here(), words.command[0]),
          joined ? "The kernel hands over all of a first line as one word: write env -S."
                 : "Install it, or put its folder into PATH.");
      return false;
    }
    if (words.clears) out_.environment.clear();
    for (const std::string& name : words.removed)
      std::erase_if(out_.environment, [&](const auto& entry) { return entry.starts_with(name + "="); });
    out_.environment.insert(out_.environment.end(), words.settings.begin(), words.settings.end());
    if (const auto problem = lost_preload(words)) out_.problem = problem;
    out_.env = here();
    start(std::move(found), {words.command.begin() + 1, words.command.end()});
    return true;
  }

  [[nodiscard]] std::optional<Finding> lost_preload(const EnvWords& words) const {
    const auto is_preload = [](const std::string& entry) {
      return entry == "LD_PRELOAD" || entry.starts_with("LD_PRELOAD=");
    };
    const bool lost = words.clears || std::any_of(words.removed.begin(), words.removed.end(), is_preload) ||
                      std::any_of(words.settings.begin(), words.settings.end(), is_preload);
    if (!lost) return std::nullopt;
    return start_error(
        "environment_lost",
        fmt::format("{} starts {} without the LD_PRELOAD that it got: weir sees {} itself, and "
                    "nothing of what it starts.",
                    here(), words.command[0], here()),
        "Set LD_PRELOAD and WEIR_OUT behind it, or run the command without it.");
  }

  const Surroundings& around_;
  CommandEnd out_;
  std::string started_;
  std::vector<std::string> arguments_;
  int interpreters_ = 0;
};

}  // namespace

std::optional<HashBang> hash_bang(std::string_view head) {
  if (!head.starts_with("#!")) return std::nullopt;
  head = head.substr(2, kHead - 3);
  head = head.substr(0, head.find('\n'));
  head = head.substr(0, head.find('\0'));
  const auto trim = [&](std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return std::string_view{};
    return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
  };
  head = trim(head);
  const std::size_t end = head.find_first_of(kBlanks);
  HashBang out{.interpreter = std::string{head.substr(0, end)}, .argument = {}};
  if (out.interpreter.empty()) return std::nullopt;
  if (end != std::string_view::npos) out.argument = trim(head.substr(end));
  return out;
}

CommandEnd follow(const std::vector<std::string>& command, const Surroundings& around) {
  return Following{command, around}.follow();
}

}  // namespace weir::tool

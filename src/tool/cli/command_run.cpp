// `weir run`: start a command with the preload, be its parent, end as it does, and say what was found.
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstring>
#include <filesystem>
#include <sstream>

#include "tool/cli/child.hpp"
#include "tool/cli/cli.hpp"
#include "tool/cli/family_lines.hpp"
#include "tool/cli/library.hpp"
#include "tool/cli/output.hpp"
#include "tool/cli/record_end.hpp"
#include "tool/cli/run_environment.hpp"
#include "tool/cli/run_file.hpp"
#include "tool/cli/terminal.hpp"
#include "tool/doctor/doctor.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

struct Choices {
  RunChoices environment;
  bool report = false;
  Arguments command;
};

/// Everything from the first word on that is no option of ours belongs to the command.
bool parse(const Arguments& arguments, Choices& out) {
  CLI::App app{
      "Run COMMAND with libweir.so in front of it and record every allocation. Ends with COMMAND's status.",
      "weir run"};
  app.footer(
      "What follows the first word that is no option, or --, is the command:\n"
      "  weir run [OPTIONS] [--] COMMAND [ARG...]");
  app.add_option("-o,--output", out.environment.out, "profile file (WEIR_OUT; default weir.%e.%p)")
      ->option_text("PROFILE");
  app.add_option("--set", out.environment.sets, "an option of weir options, for this run")
      ->option_text("NAME=VALUE")
      ->allow_extra_args(false)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--report", out.report, "print the whole report at the end, not a summary");
  const auto takes_value = [](const std::string& word) {
    return word == "-o" || word == "--output" || word == "--set";
  };
  auto at = arguments.begin();
  while (at != arguments.end() && at->size() > 1 && at->starts_with('-') && *at != "--")
    at += takes_value(*at) && std::next(at) != arguments.end() ? 2 : 1;
  if (!parse_arguments(app, {arguments.begin(), at})) return false;
  if (at != arguments.end() && *at == "--") ++at;
  out.command.assign(at, arguments.end());
  if (out.command.empty()) throw Error{"no command to run; see weir run --help"};
  return true;
}

/// Why libweir.so is left out; empty: it is not. What cannot be read here is the kernel's to judge.
std::string why_left_out(const Arguments& command) {
  Surroundings around;
  for (char** at = environ; *at != nullptr; ++at) around.environment.emplace_back(*at);
  around.find_program = &find_program;
  try {
    return why_preload_harms(command, around);
  } catch (const Error&) {
    return {};
  }
}

/// Why the loader would not have loaded libweir.so into this program, or a guess.
std::string why_no_profile(const std::string& program) {
  struct stat status {};
  if (stat(program.c_str(), &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0)
    return "it is setuid or setgid, and the loader preloads nothing into such programs";
  const int fd = open(program.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<unsigned char> head(4096);
  const ssize_t got = fd < 0 ? 0 : read(fd, head.data(), head.size());
  if (fd >= 0) close(fd);
  Elf64_Ehdr header{};
  if (got >= static_cast<ssize_t>(sizeof(header)) && std::memcmp(head.data(), ELFMAG, SELFMAG) == 0) {
    std::memcpy(&header, head.data(), sizeof(header));
    if (header.e_ident[EI_CLASS] != ELFCLASS64) return "it is a 32-bit program";
    bool dynamic = false;
    for (std::uint64_t i = 0; i != header.e_phnum; ++i) {
      const std::uint64_t end = header.e_phoff + (i + 1) * sizeof(Elf64_Phdr);
      if (header.e_phoff > head.size() || end > static_cast<std::uint64_t>(got)) break;
      Elf64_Phdr segment;
      std::memcpy(&segment, head.data() + end - sizeof(segment), sizeof(segment));
      dynamic = dynamic || segment.p_type == PT_INTERP;
    }
    if (!dynamic) return "it is linked statically, so there is nothing to preload into";
  }
  return "it is static, setuid or for another machine, it cleared LD_PRELOAD, or the profile's place cannot "
         "be "
         "written (WEIR_OUT, WEIR_FOLLOW)";
}

/// Paths in this directory or below it without it.
std::string relative(const std::string& path) {
  std::error_code failed;
  const std::string here = std::filesystem::current_path(failed).string() + "/";
  return !failed && path.starts_with(here) && path.size() > here.size() ? path.substr(here.size()) : path;
}

std::string told(const std::string& path, const Choices& choices) {
  const Profile profile = load(path);
  const std::string shown = relative(path);
  if (!choices.report) return summary(profile, {.profile_path = shown});
  ReportOptions options;
  fit_to_terminal(options, STDERR_FILENO);
  std::ostringstream text;
  write_report(profile, options, text);
  return text.str() + fmt::format("\nweir: profile: {}\n", printable(shown));
}

void tell(const std::vector<RunFile::Entry>& entries, const ChildEnd& end, const std::string& program,
          const Choices& choices, const std::string& left_out) {
  std::string path;
  for (const RunFile::Entry& entry : entries)
    if (entry.pid == end.pid) path = entry.profile;
  if (path.empty()) {
    complain(fmt::format("{} left no profile: {}", program,
                         left_out.empty() ? why_no_profile(program) : left_out));
  } else {
    record_end(path, end);
    write_all(stderr, told(path, choices));
  }
  std::vector<std::string> profiles;
  for (const RunFile::Entry& entry : entries) profiles.push_back(entry.profile);
  write_all(stderr, family_lines(profiles));
}

}  // namespace

int command_run(const Arguments& arguments) {
  Choices choices;
  if (!parse(arguments, choices)) return 0;
  const std::string program = find_program(choices.command[0]);
  const std::string found = find_library();
  const std::string left_out = why_left_out(choices.command);
  const std::string library = left_out.empty() ? found : "";
  const RunFile run_file;
  const std::vector<std::string> environment = run_environment(choices.environment, library, run_file.path());
  const ChildEnd end = run_child(program, choices.command, environment);
  // The command has ended: whatever goes wrong from here on must not change its status.
  try {
    tell(run_file.entries(), end, program, choices, left_out);
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return end.signalled ? 128 + end.value : end.value;
}

}  // namespace weir::tool

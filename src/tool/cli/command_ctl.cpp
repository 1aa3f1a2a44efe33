// `weir ctl`: asks a living process for something.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <iostream>

#include "tool/cli/cli.hpp"
#include "tool/cli/live_profile.hpp"
#include "tool/cli/output.hpp"
#include "tool/cli/terminal.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

constexpr int kNoAnswer = 1;

void check(const profile::Header& header) {
  constexpr std::uint32_t kExact = 0;
  if (header.end != profile::End::Running) throw Error{fmt::format("process {} is at its end", header.pid)};
  if (header.record_mode != kExact)
    throw Error{fmt::format("process {} is not recorded exactly (WEIR_RECORD): its blocks are not all known",
                            header.pid)};
}

enum class Answer { Done, Nothing, None };

Answer scan(LiveProfile& live, double seconds) {
  check(live.header());
  const std::uint64_t before_ns = live.header().scan.at_ns;
  live.ask(profile::Request::Scan);
  if (live.await(seconds)) {
    const profile::ScanRecord& scan = live.header().scan;
    if (scan.result == profile::ScanResult::Done && scan.at_ns != before_ns) return Answer::Done;
    complain("the look through the heap came to nothing; coverage says why:");
    return Answer::Nothing;
  }
  if (!live.lives())
    throw Error{fmt::format("the process ended meanwhile; read it with: weir report {}", live.path())};
  complain(
      fmt::format("no answer in {:g} s: a process answers while it allocates, after 1,024 allocations and "
                  "frees of a thread. It will "
                  "answer then; read it with: weir report --only leaks {}",
                  seconds, live.path()));
  return Answer::None;
}

}  // namespace

int command_ctl(const Arguments& arguments) {
  std::uint32_t pid = 0;
  double seconds = 30;
  std::string what;
  ReportOptions options;
  CLI::App app{"Ask a process that runs under weir for something. It is not stopped and gets no signal.",
               "weir ctl"};
  app.add_option("PID", pid, "the process")->required()->check(CLI::PositiveNumber);
  app.add_option("WHAT", what,
                 "scan: look through its heap and show which blocks\nnothing points to any more; the "
                 "verdicts stay in its profile")
      ->required()
      ->check(CLI::IsMember({"scan"}));
  app.add_option("--wait", seconds, "wait so long for the answer (default 30)")
      ->option_text("SECONDS")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--format", options.format, "text or json, as weir report")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--top", options.top, "call sites listed (default 10)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  if (!parse_arguments(app, arguments)) return 0;
  LiveProfile live{pid};
  const Answer answer = scan(live, seconds);
  if (answer == Answer::None) return kNoAnswer;
  const bool is_done = answer == Answer::Done;
  options.only = is_done ? "leaks" : "coverage";
  fit_to_terminal(options, STDOUT_FILENO);
  const Profile profile = load(live.path());
  write_to("", [&](std::ostream& stream) { write_report(profile, options, stream); });
  return is_done ? 0 : kNoAnswer;
}

}  // namespace weir::tool

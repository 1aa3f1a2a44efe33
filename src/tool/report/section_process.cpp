// Whose profile this is: the headline of the report.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

/// ISO 8601 in UTC, or nothing for a time that no clock showed.
std::optional<std::string> started(const Process& process) {
  const auto seconds = static_cast<std::time_t>(process.started_realtime_ns / 1'000'000'000U);
  constexpr std::time_t kYear3000 = 32'503'680'000;
  if (seconds == 0 || seconds > kYear3000) return std::nullopt;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(seconds));
}

std::string command(const Process& process) {
  std::string out;
  for (const std::string& arg : process.args) {
    if (!out.empty()) out += ' ';
    out += arg;
  }
  if (out.empty()) out = process.exe.empty() ? "unknown program" : process.exe;
  if (process.args_cut) out += " ...";
  constexpr std::size_t kLongest = 400;
  if (out.size() > kLongest) out = out.substr(0, kLongest) + " ...";
  return printable(out);
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string recorded(const Profile& profile) {
  if (profile.record_mode == 2) return "recording was off: no allocation was recorded";
  if (profile.is_sampled())
    return fmt::format("sampled, one block in {} of allocations: {}{}", human_bytes(profile.sample_every),
                       counted(profile.samples, "sample"),
                       profile.has_cuda() ? "; every CUDA allocation recorded" : "");
  return profile.has_cuda() ? "every host and CUDA allocation recorded" : "every host allocation recorded";
}

}  // namespace

Section section_process(const Context& context) {
  const Profile& profile = context.profile;
  const Process& process = profile.process;
  Section out;
  out.title = command(process);
  out.say(fmt::format("{} {} {}; {}.", capital(ending(process)),
                      process.ending == Ending::Running ? "for" : "after", human_seconds(process.duration_ns),
                      recorded(profile)));
  if (profile.is_sampled())
    out.say(fmt::format(
        "Sizes and counts {}are estimates, ± one standard error. Call sites without a sample are not "
        "listed: one that allocated {} is missing 1 time in 20, a larger one less often.",
        profile.has_cuda() ? "of host memory " : "", human_bytes(seldom_unseen_bytes(profile))));
  out.say(fmt::format("{}, pid {}, started {}, {}",
                      process.exe.empty() ? "program unknown" : printable(process.exe), process.pid,
                      started(process).value_or("at an unknown time"),
                      profile.allocator.empty() ? "allocator unknown" : printable(profile.allocator)));
  out.data = [&profile, &process](Sink& sink) {
    sink.begin_object();
    sink.member("pid", process.pid);
    sink.member("parent_pid", process.parent_pid);
    sink.member("exe", process.exe);
    sink.list("args", [&] {
      for (const std::string& arg : process.args) sink.put(arg);
    });
    sink.member("args_cut", process.args_cut);
    sink.member("cwd", process.cwd);
    sink.member("started", started(process));
    sink.member("duration_s", static_cast<double>(process.duration_ns) / 1e9);
    constexpr std::string_view kEnds[] = {"running", "exit", "signal", "killed", "exit"};
    sink.member("end", kEnds[static_cast<std::size_t>(process.ending)]);
    sink.key("exit_code");
    process.ending == Ending::Exited ? sink.put(process.end_value) : sink.null();
    sink.key("signal");
    process.ending == Ending::Signalled ? sink.put(process.end_value) : sink.null();
    if (profile.is_sampled()) {
      sink.member("record", "sampled");
      sink.member("sample_every", profile.sample_every);
      sink.member("samples", profile.samples);
      sink.member("live_samples", profile.live_samples);
    }
    sink.member("replaced_by_exec", process.ending == Ending::Replaced);
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool

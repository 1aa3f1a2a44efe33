// Whose profile this is: the headline of the report.
#include <fmt/format.h>

#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

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

/// "5 exited with status 0, 1 with another, 2 were ended by a signal"
std::string endings(const Profile& profile) {
  Program sum;
  for (const Program& each : programs(profile)) {
    sum.exited_ok += each.exited_ok;
    sum.exited_otherwise += each.exited_otherwise;
    sum.signalled += each.signalled + each.killed;
    sum.running += each.running;
    sum.replaced += each.replaced;
  }
  std::vector<std::string> parts;
  const auto say = [&](std::uint32_t count, const char* what) {
    if (count != 0) parts.push_back(fmt::format("{} {}", exact(count), what));
  };
  say(sum.exited_ok, "exited with status 0");
  say(sum.exited_otherwise, sum.exited_ok != 0 ? "with another" : "exited with another status than 0");
  say(sum.signalled, "ended by a signal");
  say(sum.replaced, "replaced by another program (exec)");
  say(sum.running, "still running");
  return fmt::format("{}", fmt::join(parts, ", "));
}

void one_process(const Profile& profile, Section& out) {
  const Process& process = profile.process;
  out.title = command(process);
  out.say(fmt::format("{} {} {}; {}.", capital(ending(process)),
                      process.ending == Ending::Running ? "for" : "after", human_seconds(process.duration_ns),
                      recorded(profile)));
}

void many_processes(const Profile& profile, Section& out) {
  out.title = fmt::format("{} processes of {}", exact(profile.members.size()),
                          counted(programs(profile).size(), "program"));
  out.say(fmt::format("{} from the first start to the last end; {}.",
                      human_seconds(profile.process.duration_ns), endings(profile)));
  std::string mode = recorded(profile);
  std::size_t sampled = 0, off = 0;
  for (const Member& member : profile.members) {
    sampled += member.record_mode == 1;
    off += member.record_mode == 2;
  }
  if (sampled != 0 && sampled != profile.members.size())
    mode += fmt::format(" (in {} of the processes; the others are exact)", exact(sampled));
  if (off != 0 && profile.record_mode != 2) mode += fmt::format("; recording was off in {}", exact(off));
  out.say(fmt::format("{}. Numbers are sums over all of them.", capital(std::move(mode))));
}

void put_identity(Sink& sink, const Profile& profile) {
  const Process& process = profile.process;
  const bool is_one = !profile.is_merged();
  const auto known = [&](const std::string& text) {
    return is_one || !text.empty() ? std::optional{text} : std::nullopt;
  };
  sink.member("pid", is_one ? std::optional{process.pid} : std::nullopt);
  sink.member("parent_pid", is_one ? std::optional{process.parent_pid} : std::nullopt);
  sink.member("exe", known(process.exe));
  sink.list("args", [&] {
    for (const std::string& arg : process.args) sink.put(arg);
  });
  sink.member("args_cut", process.args_cut);
  sink.member("cwd", known(process.cwd));
  sink.member("processes", profile.members.size());
}

}  // namespace

Section section_process(const Context& context) {
  const Profile& profile = context.profile;
  const Process& process = profile.process;
  Section out;
  profile.is_merged() ? many_processes(profile, out) : one_process(profile, out);
  if (profile.is_sampled())
    out.say(fmt::format(
        "Sizes and counts {}are estimates, ± one standard error. Call sites without a sample are not "
        "listed: one that allocated {} is missing 1 time in 20, a larger one less often.",
        profile.has_cuda() ? "of host memory " : "", human_bytes(seldom_unseen_bytes(profile))));
  const std::string exe = process.exe.empty() ? "program unknown" : printable(process.exe);
  out.say(fmt::format("{}tarted {}, {}",
                      !profile.is_merged()  ? fmt::format("{}, pid {}, s", exe, process.pid)
                      : process.exe.empty() ? "S"
                                            : exe + ", s",
                      started_at(process).value_or("at an unknown time"),
                      profile.allocator.empty() ? "allocator unknown" : printable(profile.allocator)));
  out.data = [&profile, &process](Sink& sink) {
    sink.begin_object();
    put_identity(sink, profile);
    sink.member("started", started_at(process));
    sink.member("duration_s", static_cast<double>(process.duration_ns) / 1e9);
    put_ending(sink, process);
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

// Whose profile it is, and what became of that process.
#include <fmt/format.h>
#include <time.h>

#include <cstdio>
#include <memory>

#include "tool/profile/origin.hpp"
#include "tool/profile/tables.hpp"

namespace weir::tool {
std::uint64_t start_ticks(std::uint32_t pid) {
  const auto path = fmt::format("/proc/{}/stat", pid);
  const std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
  if (file == nullptr) return 0;
  char line[2048];
  const std::size_t got = std::fread(line, 1, sizeof(line) - 1, file.get());
  line[got] = '\0';
  const char* at = std::strrchr(line, ')');  // the name before it may hold anything
  if (at == nullptr || at[1] == '\0' || at[2] == 'Z' || at[2] == 'X') return 0;
  for (int field = 2; at != nullptr && field != 22; ++field) at = std::strchr(at + 1, ' ');
  return at == nullptr ? 0 : std::strtoull(at + 1, nullptr, 10);
}

namespace {

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

Ending ending_of(const profile::Header& header) {
  if (header.end == profile::End::Exited) return Ending::Exited;
  if (header.end == profile::End::Signalled) return Ending::Signalled;
  if (header.end == profile::End::Replaced) return Ending::Replaced;
  if (header.pid == 0 || header.started_ticks == 0) return Ending::Killed;
  return start_ticks(header.pid) == header.started_ticks ? Ending::Running : Ending::Killed;
}

std::uint64_t duration_of(const profile::Header& header, Ending ending) {
  if (header.ended_ns != 0 && honest(header.ended_ns)) return header.ended_ns;
  if (ending == Ending::Running && monotonic_ns() > header.started_monotonic_ns)
    return monotonic_ns() - header.started_monotonic_ns;
  return honest(header.last_seen_ns) ? header.last_seen_ns : 0;
}

}  // namespace

void read_process(const profile::Header& header, const std::string& path, Profile& out) {
  Process& process = out.process;
  process.pid = header.pid;
  process.parent_pid = header.parent_pid;
  process.exe = text_of(header.exe);
  process.cwd = text_of(header.cwd);
  const std::size_t bytes = std::min<std::size_t>(header.args_bytes, sizeof(header.args));
  for (std::size_t at = 0; at < bytes;) {
    const std::size_t length = ::strnlen(header.args + at, bytes - at);
    process.args.emplace_back(header.args + at, length);
    at += length + 1;
  }
  process.args_cut = header.args_cut != 0;
  process.started_realtime_ns = header.started_realtime_ns;
  process.ending = ending_in_file(ending_of(header), header, path);
  process.duration_ns = duration_of(header, process.ending);
  process.last_seen_ns = honest(header.last_seen_ns) ? header.last_seen_ns : 0;
  process.end_value = header.end_value;
}

}  // namespace weir::tool

// The result of one process: one line of JSON.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "judge.hpp"

namespace weir::judge {
namespace {

constinit pid_t g_process{};

/// Text of limited length.
struct Line {
  char text[6000];
  std::size_t size;

  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) noexcept {
    va_list arguments;
    va_start(arguments, format);
    const int added = vsnprintf(text + size, sizeof(text) - size, format, arguments);
    va_end(arguments);
    if (added > 0 && static_cast<std::size_t>(added) < sizeof(text) - size) size += static_cast<std::size_t>(added);
  }
};
constinit Line g_descriptions{};
constinit unsigned g_described{};

void add_place(const char* name, std::uintptr_t pc) noexcept {
  Dl_info info{};
  const bool known = dladdr(reinterpret_cast<void*>(pc), &info) != 0 && info.dli_fname != nullptr;
  g_descriptions.add(" %s %s+%#zx", name, known ? info.dli_fname : "?",
                     known ? pc - reinterpret_cast<std::uintptr_t>(info.dli_fbase) : pc);
}

}  // namespace

void describe(const char* what, std::span<const std::uintptr_t> ours,
              std::span<const std::uintptr_t> theirs) noexcept {
  if (g_described++ >= 4) return;
  std::size_t at = 0;
  while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) ++at;
  g_descriptions.add("%s\"%s: %zu frames, libunwind %zu; frame %zu:", g_descriptions.size == 0 ? "" : ",", what,
                     ours.size(), theirs.size(), at);
  add_place("ours", at < ours.size() ? ours[at] : 0);
  add_place("theirs", at < theirs.size() ? theirs[at] : 0);
  add_place("before it", at > 0 && at <= theirs.size() ? theirs[at - 1] : 0);
  g_descriptions.add("\"");
}

void begin_result() noexcept {
  g_process = getpid();
  g_counts = {};
  g_descriptions.size = 0;
  g_described = 0;
}

void write_result() noexcept {
  if (g_settings.out == nullptr || g_process != getpid()) return;
  const int kept_errno = errno;
  const Counts& c = g_counts;
  static Line line;
  line.size = 0;
  line.add("{\"program\":\"%s\",\"pid\":%d", program_invocation_short_name, getpid());
  const auto number = [](const char* name, std::uint64_t value) { line.add(",\"%s\":%lu", name, value); };
  number("calls", c.calls);
  number("walked", c.walked);
  number("recognised", c.recognised);
  number("compared", c.compared);
  number("recognised_compared", c.recognised_compared);
  number("differences", c.differences);
  number("wrongly_recognised", c.wrongly_recognised);
  number("incomplete", c.incomplete);
  number("truncated", c.truncated);
  number("skipped", c.skipped);
  number("without_room", c.without_room);
  line.add(",\"described\":[%.*s]}\n", static_cast<int>(g_descriptions.size), g_descriptions.text);
  const int file = open(g_settings.out, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file >= 0 && write(file, line.text, line.size) < 0) _exit(99);  // a result that is lost is no result
  if (file >= 0) close(file);
  begin_result();
  errno = kept_errno;
}

}  // namespace weir::judge

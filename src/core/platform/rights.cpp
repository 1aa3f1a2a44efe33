#include "core/platform/rights.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "core/base/bits.hpp"
#include "core/base/text.hpp"
#include "core/platform/bpf.hpp"
#include "core/platform/files.hpp"
#include "core/platform/mappings.hpp"
#include "core/platform/pages.hpp"
#include "core/platform/raw.hpp"

namespace weir::platform {

constinit std::atomic<Rights> g_lost_rights{};

namespace {

constexpr int kNoCommand = 0x7fff;  // of rt_sigprocmask
constexpr std::uint64_t kPrivate = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
constexpr std::uint64_t kReadWrite = PROT_READ | PROT_WRITE;
constexpr auto kHere = static_cast<std::uint64_t>(AT_FDCWD);
constexpr std::uint64_t kSomewhere = 0x7f0000000000;
constexpr std::size_t kStatusBytes = 1920;  // the lines about filters come early, behind the list of groups
constexpr int kPopulateForWriting = 23;     // MADV_POPULATE_WRITE

/// A call as weir makes it. Where arguments vary, such as filters do not look at.
struct Sample {
  Right right;
  int number;
  std::uint64_t arguments[6];
};
constexpr Sample kSamples[] = {
    {Right::ReadFiles, SYS_openat, {kHere, kSomewhere, O_RDONLY | O_CLOEXEC}},
    {Right::ReadFiles, SYS_read, {3, kSomewhere, 128}},
    {Right::ReadFiles, SYS_close, {3}},
    {Right::ReadFiles, SYS_newfstatat, {3, kSomewhere, kSomewhere, AT_EMPTY_PATH}},
    {Right::ReadFiles, SYS_newfstatat, {kHere, kSomewhere, kSomewhere, 0}},
    {Right::ReadFiles, SYS_readlink, {kSomewhere, kSomewhere, 1023}},
    {Right::ReadFiles, SYS_getcwd, {kSomewhere, 1024}},
    {Right::WriteFiles, SYS_openat, {kHere, kSomewhere, O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC}},
    {Right::WriteFiles,
     SYS_openat,
     {kHere, kSomewhere, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600}},
    {Right::WriteFiles, SYS_newfstatat, {3, kSomewhere, kSomewhere, AT_EMPTY_PATH}},
    {Right::WriteFiles, SYS_prlimit64, {0, RLIMIT_FSIZE, 0, kSomewhere}},
    {Right::WriteFiles, SYS_fallocate, {3, 0, 0, 1U << 20}},
    {Right::WriteFiles, SYS_pwrite64, {3, kSomewhere, 4096, 0}},
    {Right::WriteFiles, SYS_ftruncate, {3, 1U << 20}},
    {Right::WriteFiles, SYS_mmap, {kSomewhere, 1U << 20, kReadWrite, MAP_SHARED | MAP_FIXED, 3, 0}},
    {Right::WriteFiles, SYS_mmap, {kSomewhere, 1U << 20, kReadWrite, kPrivate | MAP_FIXED, ~0ULL, 0}},
    {Right::WriteFiles, SYS_unlink, {kSomewhere}},
    {Right::WriteFiles, SYS_write, {3, kSomewhere, 100}},
    {Right::WriteFiles, SYS_close, {3}},
    {Right::NameFiles, SYS_openat, {kHere, kSomewhere, O_TMPFILE | O_RDWR | O_NOCTTY | O_CLOEXEC, 0600}},
    {Right::NameFiles, SYS_linkat, {kHere, kSomewhere, kHere, kSomewhere, AT_SYMLINK_FOLLOW}},
    {Right::AskPages, SYS_rt_sigprocmask, {kNoCommand, kSomewhere, 0, 8}},
    {Right::Futex, SYS_futex, {kSomewhere, FUTEX_WAIT_PRIVATE, 2, kSomewhere}},
    {Right::Futex, SYS_futex, {kSomewhere, FUTEX_WAKE_PRIVATE, 1}},
    {Right::WhoAmI, SYS_getpid, {}},
    {Right::WhoAmI, SYS_getppid, {}},
    {Right::Speak, SYS_poll, {kSomewhere, 1, 0}},
    {Right::Speak, SYS_rt_sigpending, {kSomewhere, 8}},
    {Right::Speak, SYS_rt_sigprocmask, {0, kSomewhere, kSomewhere, 8}},
    {Right::Speak, SYS_rt_sigprocmask, {2, kSomewhere, 0, 8}},
    {Right::Speak, SYS_rt_sigtimedwait, {kSomewhere, 0, kSomewhere, 8}},
    {Right::Speak, SYS_write, {2, kSomewhere, 100}},
    {Right::Speak, SYS_newfstatat, {2, kSomewhere, kSomewhere, AT_EMPTY_PATH}},
    {Right::Map, SYS_mmap, {0, 2U << 20, kReadWrite, kPrivate, ~0ULL, 0}},
    {Right::Map, SYS_munmap, {kSomewhere, 1U << 16}},
    {Right::MapInPlace,
     SYS_mmap,
     {kSomewhere, 2U << 20, kReadWrite, kPrivate | MAP_FIXED_NOREPLACE, ~0ULL, 0}},
    {Right::Populate, SYS_mmap, {0, 2U << 16, kReadWrite, kPrivate | MAP_POPULATE, ~0ULL, 0}},
    {Right::Move, SYS_mremap, {kSomewhere, 2U << 20, 2U << 20, MREMAP_MAYMOVE | MREMAP_FIXED, kSomewhere}},
    {Right::GiveBack, SYS_madvise, {kSomewhere, 1U << 16, MADV_DONTNEED}},
    {Right::Advise, SYS_madvise, {kSomewhere, 2U << 20, MADV_HUGEPAGE}},
    {Right::Advise, SYS_madvise, {kSomewhere, 2U << 20, kPopulateForWriting}},
    {Right::Advise, SYS_madvise, {kSomewhere, 2U << 20, MADV_DONTDUMP}},
    {Right::WhoAmI, SYS_gettid, {}},
    {Right::Snapshot, SYS_clone, {0, 0, 0, 0, 0}},
    {Right::Snapshot, SYS_prctl, {PR_SET_PDEATHSIG, SIGKILL}},
    {Right::Snapshot, SYS_prlimit64, {0, RLIMIT_CORE, kSomewhere, 0}},
    {Right::Snapshot, SYS_nanosleep, {kSomewhere, 0}},
    {Right::Snapshot, SYS_waitid, {1, 2, kSomewhere, 0, 0}},
    {Right::Await, SYS_pidfd_open, {2, 0}},
    {Right::Await, SYS_poll, {kSomewhere, 1, 1000}},
    {Right::Snapshot, SYS_wait4, {2, kSomewhere, 0, 0}},
    {Right::Snapshot, SYS_kill, {2, SIGKILL}},
    {Right::Snapshot, SYS_tgkill, {2, 2, 0}},
    {Right::Snapshot, SYS_rt_sigprocmask, {kNoCommand, kSomewhere, 0, 8}},
    {Right::Snapshot, SYS_pread64, {3, kSomewhere, 1024, 0}},
    {Right::Snapshot, SYS_exit_group, {77}},
    {Right::Snapshot, SYS_sched_getaffinity, {2, 32, kSomewhere}},
    {Right::Random, SYS_getrandom, {kSomewhere, 8, GRND_NONBLOCK}},
    {Right::AskStack, SYS_sigaltstack, {0, kSomewhere}},
    {Right::Yield, SYS_sched_yield, {}},
    {Right::Clock, SYS_clock_gettime, {CLOCK_MONOTONIC, kSomewhere}},
};

bool allows(const sock_fprog& filter, const Sample& sample) noexcept {
  seccomp_data call{};
  call.nr = sample.number;
  call.arch = AUDIT_ARCH_X86_64;
  call.instruction_pointer = reinterpret_cast<std::uintptr_t>(&rights_lost_by);
  for (int i = 0; i != 6; ++i) call.args[i] = sample.arguments[i];
  const std::uint32_t action = run_bpf(filter, call) & SECCOMP_RET_ACTION_FULL;
  return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

constexpr std::uint64_t kNotTold = ~std::uint64_t{0};

/// The number behind `name` (with the colon) in /proc/PROCESS/status. A file that does not fit: kNotTold; a kernel that has no
/// such line: 0.
std::uint64_t status_number(std::string_view status, std::string_view name) noexcept {
  std::size_t at = status.find(name);
  if (at == std::string_view::npos) return status.size() == kStatusBytes ? kNotTold : 0;
  std::uint64_t number = 0;
  for (at += name.size(); at < status.size() && status[at] != '\n'; ++at)
    if (status[at] >= '0' && status[at] <= '9')
      number = number * 10 + static_cast<std::uint64_t>(status[at] - '0');
  return number;
}

/// How many filters stand, as far as the kernel says; kernels before 5.9 say only that there are some.
std::uint64_t filters_of(std::uint64_t process) noexcept {
  char path[40], text[kStatusBytes];
  TextBuffer name{path};
  name << "/proc/" << process << "/status";
  const std::string_view status{text, read_file(name.c_str(), text)};
  const std::uint64_t exact = status_number(status, "\nSeccomp_filters:");
  return exact != 0 ? exact : status_number(status, "\nSeccomp:");
}

/// The first thread's stack: from the lowest address that it can grow to, to its end.
constinit std::uintptr_t g_stack_begin{}, g_stack_end{}, g_first_thread{};

std::uintptr_t this_thread() noexcept { return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()); }

/// Waits for no time for a word to change; the kernel has to read it for that.
bool is_readable_by_futex(std::uintptr_t at) noexcept {
  const timespec at_once{};
  const long answer = raw_syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, 1, &at_once);
  return answer == -EAGAIN || answer == -ETIMEDOUT;
}

}  // namespace

Rights rights_lost_by(const sock_fprog& filter) noexcept {
  Rights lost = 0;
  for (const Sample& sample : kSamples)
    if (!allows(filter, sample)) lost |= static_cast<Rights>(sample.right);
  return lost;
}

void learn_standing_filters() noexcept {
  const std::uint64_t own = filters_of(own_pid());
  if (own == 0) return;
  const std::uint32_t parent = parent_pid();  // 0: outside of this container
  const bool is_shared = parent == 0 || (own != kNotTold && filters_of(parent) == own);
  const Rights lost = static_cast<Rights>(Right::Await) | static_cast<Rights>(Right::NameFiles) |
                      (is_shared ? 0 : static_cast<Rights>(Right::Snapshot));
  g_lost_rights.fetch_or(lost, std::memory_order_relaxed);
}

std::uint32_t own_pid() noexcept {
  return may(Right::WhoAmI) ? static_cast<std::uint32_t>(raw_syscall(SYS_getpid)) : 0;
}
std::uint32_t parent_pid() noexcept {
  return may(Right::WhoAmI) ? static_cast<std::uint32_t>(raw_syscall(SYS_getppid)) : 0;
}

bool is_readable(std::uintptr_t at) noexcept {
  // rt_sigprocmask looks at the set before it refuses the unknown command. Any other answer counts as no.
  if (may(Right::AskPages))
    return raw_syscall(SYS_rt_sigprocmask, kNoCommand, at, nullptr, sizeof(std::uint64_t)) == -EINVAL;
  // A stack has no holes, and whoever asks stands on it.
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (at >= here && here >= g_stack_begin && at < g_stack_end) return true;
  if (this_thread() == g_first_thread) return align_down(at, kPageBytes) == align_down(here, kPageBytes);
  // Where there are threads, they can wait for each other.
  return may(Right::Futex) && is_readable_by_futex(at);
}

void learn_first_stack() noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  char name[16];
  Mapping mapping{};
  for (Mappings all; all.next(mapping, name);) {
    if (here < mapping.begin || here >= mapping.end) continue;
    if (__builtin_strcmp(name, "[stack]") != 0) return;
    g_stack_begin = mapping.begin;
    g_stack_end = mapping.end;
    g_first_thread = this_thread();
    return;
  }
}

}  // namespace weir::platform

// What a program gives up rights with: another root, another user, other namespaces, a seccomp filter. Each function is
// libc's; before it, the profile is made ready for a life without what it takes away.
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "hook.hpp"
#include "next.hpp"

using namespace weir;

namespace {

constinit Next<int(const char*)> g_chroot{"chroot"};
constinit Next<int(uid_t)> g_setuid{"setuid"}, g_seteuid{"seteuid"};
constinit Next<int(uid_t, uid_t)> g_setreuid{"setreuid"};
constinit Next<int(uid_t, uid_t, uid_t)> g_setresuid{"setresuid"};
constinit Next<int(gid_t)> g_setgid{"setgid"}, g_setegid{"setegid"};
constinit Next<int(gid_t, gid_t)> g_setregid{"setregid"};
constinit Next<int(gid_t, gid_t, gid_t)> g_setresgid{"setresgid"};
constinit Next<int(std::size_t, const gid_t*)> g_setgroups{"setgroups"};
constinit Next<int(void*, const void*)> g_capset{"capset"};
constinit Next<int(int)> g_unshare{"unshare"};
constinit Next<int(int, int)> g_setns{"setns"};
constinit Next<int(int, long, long, long, long)> g_prctl{"prctl"};
constinit Next<long(long, long, long, long, long, long, long)> g_syscall{"syscall"};

template <class Result, class... Args>
Result leave_files(Next<Result(Args...)>& next, Args... args) noexcept {
  engine::before_leaving_files();
  return next.get()(args...);
}

/// libc's function, which sets this filter, or strict mode.
template <class Result, class... Args>
Result set_filter(const void* filter, Next<Result(Args...)>& next, Args... args) noexcept {
  const std::uint32_t given_up = engine::before_filter(filter);
  const Result result = next.get()(args...);
  if (result == -1 && given_up != 0) engine::filter_refused(given_up);
  return result;
}

const void* as_filter(long argument) noexcept { return reinterpret_cast<const void*>(argument); }

}  // namespace

/// What syscall() jumps to; null: not looked up yet.
extern "C" [[gnu::visibility("hidden")]] constinit void* next_of_syscall;
void* next_of_syscall{};

void weir::warm_seal_functions() noexcept {
  g_chroot.warm();
  g_setuid.warm();
  g_seteuid.warm();
  g_setreuid.warm();
  g_setresuid.warm();
  g_setgid.warm();
  g_setegid.warm();
  g_setregid.warm();
  g_setresgid.warm();
  g_setgroups.warm();
  g_capset.warm();
  g_unshare.warm();
  g_setns.warm();
  g_prctl.warm();
  next_of_syscall = reinterpret_cast<void*>(g_syscall.get());
}

HOOK(int, chroot, const char* path) { return leave_files(g_chroot, path); }
HOOK(int, setuid, uid_t user) { return leave_files(g_setuid, user); }
HOOK(int, seteuid, uid_t user) { return leave_files(g_seteuid, user); }
HOOK(int, setreuid, uid_t real, uid_t effective) { return leave_files(g_setreuid, real, effective); }
HOOK(int, setresuid, uid_t real, uid_t effective, uid_t saved) {
  return leave_files(g_setresuid, real, effective, saved);
}
HOOK(int, setgid, gid_t group) { return leave_files(g_setgid, group); }
HOOK(int, setegid, gid_t group) { return leave_files(g_setegid, group); }
HOOK(int, setregid, gid_t real, gid_t effective) { return leave_files(g_setregid, real, effective); }
HOOK(int, setresgid, gid_t real, gid_t effective, gid_t saved) {
  return leave_files(g_setresgid, real, effective, saved);
}
HOOK(int, setgroups, std::size_t count, const gid_t* groups) {
  return leave_files(g_setgroups, count, groups);
}
HOOK(int, capset, void* header, const void* data) { return leave_files(g_capset, header, data); }
HOOK(int, unshare, int flags) { return leave_files(g_unshare, flags); }
HOOK(int, setns, int fd, int kind) { return leave_files(g_setns, fd, kind); }

// libc's takes variable arguments, and reads four.
HOOK(int, prctl, int option, long a, long b, long c, long d) {
  if (option != PR_SET_SECCOMP) return g_prctl.get()(option, a, b, c, d);
  return set_filter(a == SECCOMP_MODE_STRICT ? nullptr : as_filter(b), g_prctl, option, a, b, c, d);
}

/// syscall() of one of the numbers below, or before the next one's is known.
extern "C" [[gnu::visibility("hidden"), gnu::used]] long syscall_of_seal(long number, long a, long b, long c,
                                                                         long d, long e, long f) noexcept;
long syscall_of_seal(long number, long a, long b, long c, long d, long e, long f) noexcept {
  switch (number) {
    case SYS_seccomp:
      if (a == SECCOMP_SET_MODE_STRICT) return set_filter(nullptr, g_syscall, number, a, b, c, d, e, f);
      if (a == SECCOMP_SET_MODE_FILTER && c != 0)
        return set_filter(as_filter(c), g_syscall, number, a, b, c, d, e, f);
      break;
    case SYS_prctl:
      if (a != PR_SET_SECCOMP) break;
      return set_filter(b == SECCOMP_MODE_STRICT ? nullptr : as_filter(c), g_syscall, number, a, b, c, d, e,
                        f);
    case SYS_chroot:
    case SYS_pivot_root:
    case SYS_setuid:
    case SYS_setreuid:
    case SYS_setresuid:
    case SYS_setfsuid:
    case SYS_setgid:
    case SYS_setregid:
    case SYS_setresgid:
    case SYS_setgroups:
    case SYS_capset:
    case SYS_unshare:
    case SYS_setns:
    case SYS_landlock_restrict_self: engine::before_leaving_files(); break;
    default: break;
  }
  return g_syscall.get()(number, a, b, c, d, e, f);
}

// Any other number is jumped past, with all registers and the stack as the caller left them: the arguments are of any
// number and kind.
asm(R"(
  .pushsection .text
  .globl syscall
  .type syscall, @function
  .p2align 4
syscall:
  .cfi_startproc
  endbr64
  cmpq $446, %rdi             # landlock_restrict_self
  je 2f
  cmpq $317, %rdi             # seccomp
  je 2f
  cmpq $308, %rdi             # setns
  je 2f
  cmpq $272, %rdi             # unshare
  je 2f
  leaq -105(%rdi), %rax
  cmpq $56, %rax              # setuid 105 .. chroot 161
  jbe 2f
1:
  movq next_of_syscall(%rip), %r11
  testq %r11, %r11
  je 2f
  jmpq *%r11
2:
  jmp syscall_of_seal
  .cfi_endproc
  .size syscall, .-syscall
  .popsection
)");

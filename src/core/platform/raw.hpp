// System calls without libc's wrappers: no cancellation point, no errno, not interposable.
// A failure is a negative errno value, or null where a pointer is wanted.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace weir::platform {

template <class... Args>
long raw_syscall(long number, Args... args) noexcept {
  static_assert(sizeof...(Args) <= 6);
  const long all[6] = {(long)args...};  // pointers and integers alike: C-style on purpose
  long result;
#if defined(__x86_64__)
  register long r10 asm("r10") = all[3];
  register long r8 asm("r8") = all[4];
  register long r9 asm("r9") = all[5];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(all[0]), "S"(all[1]), "d"(all[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
#else
#error "weir knows the system calls of x86-64 only"
#endif
  return result;
}

inline void* raw_mmap(void* hint, std::size_t bytes, int access, int flags, int fd,
                      std::int64_t offset) noexcept {
  const long at = raw_syscall(SYS_mmap, hint, bytes, access, flags, fd, offset);
  return at < 0 && at > -4096 ? nullptr : reinterpret_cast<void*>(at);
}
inline long raw_munmap(void* base, std::size_t bytes) noexcept {
  return raw_syscall(SYS_munmap, base, bytes);
}
inline long raw_madvise(void* base, std::size_t bytes, int advice) noexcept {
  return raw_syscall(SYS_madvise, base, bytes, advice);
}

}  // namespace weir::platform

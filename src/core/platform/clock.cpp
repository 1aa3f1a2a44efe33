#include "core/platform/clock.hpp"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <atomic>

#include "core/platform/dynamic_symbols.hpp"
#include "core/platform/raw.hpp"

namespace weir::platform {
namespace {

using ReadClock = long(clockid_t clock, timespec* now);
constinit std::atomic<ReadClock*> g_read_clock{};

long ask_kernel(clockid_t clock, timespec* now) noexcept {
  return raw_syscall(SYS_clock_gettime, clock, now);
}

/// The kernel's function in the pages that it shares with every process (man 7 vdso); a system call where there are none.
[[gnu::cold, gnu::noinline]] ReadClock* find_read_clock() noexcept {
  ReadClock* found = &ask_kernel;
  const std::uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);  // no allocation: man 3 getauxval
  if (vdso != 0) {
    const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(vdso);
    const auto* segments = reinterpret_cast<const ElfW(Phdr)*>(vdso + header->e_phoff);
    std::uintptr_t base = vdso;
    const ElfW(Dyn)* dynamic = nullptr;
    for (unsigned i = 0; i != header->e_phnum; ++i) {
      if (segments[i].p_type == PT_LOAD) base = vdso + segments[i].p_offset - segments[i].p_vaddr;
      if (segments[i].p_type == PT_DYNAMIC)
        dynamic = reinterpret_cast<const ElfW(Dyn)*>(vdso + segments[i].p_offset);
    }
    if (void* function = DynamicSymbols{base, dynamic}.find("__vdso_clock_gettime"))
      found = reinterpret_cast<ReadClock*>(function);
  }
  g_read_clock.store(found, std::memory_order_relaxed);  // everybody finds the same
  return found;
}

}  // namespace

std::uint64_t clock_ns(clockid_t clock) noexcept {
  ReadClock* read = g_read_clock.load(std::memory_order_relaxed);
  if (read == nullptr) [[unlikely]]
    read = find_read_clock();
  timespec now{};
  read(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace weir::platform

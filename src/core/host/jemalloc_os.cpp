// What the private jemalloc calls instead of mmap, munmap, madvise, syscall, secure_getenv, readlink and the unwinder.
#include "core/host/jemalloc_os.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <atomic>

#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"

namespace weir::host {

constinit HomeRange g_home{};
constinit HomeRange g_sampled_home{};

namespace {

constexpr std::size_t kHuge = 2U << 20;
/// Where the used part of each range ends.
constinit std::atomic<std::uintptr_t> g_top{}, g_sampled_top{};

struct Mapping {
  std::uintptr_t base, bytes;  // bytes 0: free slot
};
constexpr std::size_t kMappings = 4096;
constinit Mapping g_outside[kMappings]{};
constinit std::atomic<std::size_t> g_outside_used{};
constinit platform::Lock g_outside_lock{};

/// A part of the address space that loaders, stacks and kernels leave alone: above heaps, far below the mappings that
/// the kernel places itself. Whoever is there already keeps his place (MAP_FIXED_NOREPLACE).
constexpr std::uintptr_t kFirstHome = std::uintptr_t{0x20} << 40;
constexpr std::uintptr_t kHomeChoices = 1024;
constexpr std::uintptr_t kHomeBytes = std::uintptr_t{1} << 44;

/// The next `bytes` of a range.
void* carve(const HomeRange& home, std::atomic<std::uintptr_t>& used, std::size_t bytes, std::size_t align,
            int access, int flags) noexcept {
  std::uintptr_t top = used.load(std::memory_order_relaxed);
  std::uintptr_t at;
  do {
    at = align_up(top, align);
    if (bytes > home.bytes || at + bytes > home.base + home.bytes) return nullptr;
    // relaxed: only the number matters, the memory is made by the mmap below.
  } while (!used.compare_exchange_weak(top, at + bytes, std::memory_order_relaxed));
  void* made =
      platform::raw_mmap(reinterpret_cast<void*>(at), bytes, access, flags | MAP_FIXED_NOREPLACE, -1, 0);
  if (made == reinterpret_cast<void*>(at)) return made;
  if (made != nullptr) platform::raw_munmap(made, bytes);  // a kernel before 4.17 takes the place for a hint
  std::uintptr_t end = at + bytes;
  used.compare_exchange_strong(end, at, std::memory_order_relaxed);  // no memory: the next may be smaller
  return nullptr;
}

constexpr std::uintptr_t kDetourBytes = std::uintptr_t{1} << 30;
constexpr int kDetours = 16;

/// True if somebody is within a huge page's length from here on.
bool is_taken(std::uintptr_t at) noexcept {
  const long made =
      platform::raw_syscall(SYS_mmap, at, kHuge, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (made < 0 && made > -4096) return made == -EEXIST;
  platform::raw_munmap(reinterpret_cast<void*>(made), kHuge);
  return made != static_cast<long>(at);
}

/// Where huge pages may stand behind the memory.
std::size_t natural_align(std::size_t bytes) noexcept {
  return bytes >= kHuge ? kHuge : platform::kPageBytes;
}

void* map_outside(std::size_t bytes, int access, int flags) noexcept {
  if (!platform::may(platform::Right::Map)) return nullptr;
  void* base = platform::raw_mmap(nullptr, bytes, access, flags, -1, 0);
  if (base == nullptr) return nullptr;
  const platform::Holding hold{g_outside_lock};
  std::size_t slot = 0;
  const std::size_t used = g_outside_used.load(std::memory_order_relaxed);
  while (slot != used && g_outside[slot].bytes != 0) ++slot;
  if (slot == kMappings) {
    platform::raw_munmap(base, bytes);
    return nullptr;
  }
  g_outside[slot].base = address_of(base);
  store_release(g_outside[slot].bytes, bytes);
  if (slot == used) g_outside_used.store(used + 1, std::memory_order_release);
  return base;
}

/// Takes [base, base + bytes) out of the list, however many mappings it covers; what remains of one stays listed.
void forget_outside(std::uintptr_t base, std::uintptr_t bytes) noexcept {
  const platform::Holding hold{g_outside_lock};
  const std::uintptr_t end = base + bytes;
  const std::size_t used = g_outside_used.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i != used; ++i) {
    Mapping& m = g_outside[i];
    const std::uintptr_t m_end = m.base + m.bytes;
    if (m.bytes == 0 || end <= m.base || base >= m_end) continue;
    const Mapping before{m.base, base > m.base ? base - m.base : 0};
    const Mapping behind{end, m_end > end ? m_end - end : 0};
    const Mapping& first = before.bytes != 0 ? before : behind;
    store_release(m.bytes, std::uintptr_t{0});
    m.base = first.base;
    store_release(m.bytes, first.bytes);
    if (before.bytes == 0 || behind.bytes == 0) continue;
    for (std::size_t k = 0; k != kMappings; ++k) {
      if (g_outside[k].bytes != 0) continue;
      g_outside[k].base = behind.base;
      store_release(g_outside[k].bytes, behind.bytes);
      if (k >= used) g_outside_used.store(k + 1, std::memory_order_release);
      break;
    }
  }
}

}  // namespace

void choose_home() noexcept {
  const std::uintptr_t choice = mix(platform::monotonic_ns() ^ address_of(&g_home)) % kHomeChoices;
  const std::uintptr_t base = kFirstHome + choice * (std::uintptr_t{1} << 30);
  g_top.store(base, std::memory_order_relaxed);
  g_home = {base, kHomeBytes};
}

void choose_sampled_home() noexcept {
  const std::uintptr_t base = g_home.base + g_home.bytes;
  g_sampled_top.store(base, std::memory_order_relaxed);
  g_sampled_home = {base, kHomeBytes};
}

void* map_in_sampled_home(std::size_t bytes, std::size_t align) noexcept {
  const std::size_t natural = natural_align(bytes);
  if (!platform::may(platform::Right::MapInPlace)) return nullptr;
  const auto attempt = [&] {
    return carve(g_sampled_home, g_sampled_top, bytes, align > natural ? align : natural,
                 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  };
  void* made = attempt();
  // There is no other place for these: where somebody is in the way, on behind him.
  for (int i = 0; made == nullptr && i != kDetours && is_taken(g_sampled_top.load(std::memory_order_relaxed));
       ++i) {
    g_sampled_top.fetch_add(kDetourBytes, std::memory_order_relaxed);
    made = attempt();
  }
  return made;
}

bool is_beyond_home(const void* p) noexcept {
  return is_in_home(p) && address_of(p) >= g_top.load(std::memory_order_relaxed);
}

bool is_in_outside_mapping(const void* p) noexcept {
  // acquire: pairs with the release in map_outside, so a listed slot is whole.
  const std::size_t used = g_outside_used.load(std::memory_order_acquire);
  for (std::size_t i = 0; i != used; ++i) {
    const std::uintptr_t bytes = load_acquire(g_outside[i].bytes);
    if (address_of(p) - g_outside[i].base < bytes) return true;
  }
  return false;
}

bool mapped_range(std::size_t number, Range& range) noexcept {
  if (number == 0) {
    range = {g_home.base, g_top.load(std::memory_order_acquire)};
  } else if (number == 1) {
    range = {g_sampled_home.base, g_sampled_top.load(std::memory_order_acquire)};
  } else {
    if (number - 2 >= g_outside_used.load(std::memory_order_acquire)) return false;
    const std::uintptr_t bytes = load_acquire(g_outside[number - 2].bytes);
    range = {g_outside[number - 2].base, g_outside[number - 2].base + bytes};
  }
  return true;
}

void reset_outside_lock() noexcept { g_outside_lock.reset(); }

}  // namespace weir::host

// jemalloc's own calls, renamed in its archive (scripts/cmake/private_jemalloc.cmake).
extern "C" {

void* weir_je_os_mmap(void* hint, std::size_t bytes, int access, int flags, int fd, off_t offset) noexcept {
  using namespace weir;
  if ((flags & MAP_FIXED) != 0 || fd != -1) {
    void* at = platform::raw_mmap(hint, bytes, access, flags, fd, offset);
    return at != nullptr ? at : MAP_FAILED;
  }
  void* at = host::g_home.bytes != 0 && platform::may(platform::Right::MapInPlace)
                 ? host::carve(host::g_home, host::g_top, bytes, host::natural_align(bytes), access, flags)
                 : nullptr;
  if (at == nullptr) at = host::map_outside(bytes, access, flags);
  if (at != nullptr) return at;
  errno = ENOMEM;
  return MAP_FAILED;
}

int weir_je_os_munmap(void* base, std::size_t bytes) noexcept {
  using namespace weir;
  if (host::is_in_home(base)) {
    std::uintptr_t top = address_of(base) + bytes;
    const long done = platform::raw_munmap(base, bytes);
    host::g_top.compare_exchange_strong(top, address_of(base), std::memory_order_relaxed);
    return static_cast<int>(done);
  }
  host::forget_outside(address_of(base), bytes);
  return static_cast<int>(platform::raw_munmap(base, bytes));
}

/// Not done where it is forbidden: jemalloc then keeps the pages, and uses them again. errno stays as it is.
int weir_je_os_madvise(void* base, std::size_t bytes, int advice) noexcept {
  using namespace weir::platform;
  const bool gives_back = advice == MADV_DONTNEED || advice == MADV_FREE;
  if (!may(gives_back ? Right::GiveBack : Right::Advise)) return -1;
  return raw_madvise(base, bytes, advice) == 0 ? 0 : -1;
}

/// open, read, write and close; the first as libc does it, which a filter that stood before the program knows.
long weir_je_os_syscall(long number, long a, long b, long c) noexcept {
  using weir::platform::raw_syscall;
  const long done =
      number == SYS_open ? raw_syscall(SYS_openat, AT_FDCWD, a, b, c) : raw_syscall(number, a, b, c);
  return done < 0 ? -1 : done;
}

/// MALLOC_CONF is meant for a jemalloc of the program.
char* weir_je_os_secure_getenv(const char*) noexcept { return nullptr; }

/// /etc/malloc.conf likewise.
ssize_t weir_je_os_readlink(const char*, char*, std::size_t) noexcept {
  errno = ENOENT;
  return -1;
}

/// The engine calls them, in its own order: jemalloc would register them in the middle of the first malloc, which may
/// come from libc's own registration.
int weir_je_os_pthread_atfork(void (*)(), void (*)(), void (*)()) noexcept { return 0; }

/// jemalloc's own profiler stays off, so nobody asks for these stacks.
int weir_je_os__Unwind_Backtrace(void*, void*) noexcept { return 0; }
std::uintptr_t weir_je_os__Unwind_GetIP(void*) noexcept { return 0; }
}

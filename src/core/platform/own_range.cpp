#include "core/platform/own_range.hpp"

#include <sys/mman.h>

#include <atomic>

#include "core/base/bits.hpp"
#include "core/platform/clock.hpp"
#include "core/platform/raw.hpp"
#include "core/platform/rights.hpp"

namespace weir::platform {
namespace {

constexpr std::size_t kPageBytes = 4096;

/// Below jemalloc's home range (core/host/jemalloc_os.cpp), above what sanitizers use.
constexpr std::uintptr_t kFirstPlace = std::uintptr_t{0x18} << 40;
constexpr std::uintptr_t kPlaces = 1024;
constexpr std::uintptr_t kRangeBytes = std::uintptr_t{6} << 40;

constinit std::atomic<std::uintptr_t> g_begin{}, g_top{};  ///< 0: not chosen
constinit std::atomic<bool> g_is_forgone{};

struct Stray {
  std::atomic<std::uintptr_t> begin, end;
};
constexpr std::uint32_t kStrays = 64;
constinit Stray g_strays[kStrays]{};
constinit std::atomic<std::uint32_t> g_stray_count{};

/// The next free address, a multiple of `align`.
std::uintptr_t take_place(std::size_t bytes, std::size_t align) noexcept {
  std::uintptr_t top = g_top.load(std::memory_order_acquire);
  if (top == 0) {
    const std::uintptr_t choice = mix(monotonic_ns() ^ address_of(&top)) % kPlaces;
    std::uintptr_t none = 0;
    const std::uintptr_t chosen = kFirstPlace + choice * (std::uintptr_t{1} << 30);
    if (g_begin.compare_exchange_strong(none, chosen, std::memory_order_acq_rel)) none = chosen;
    std::uintptr_t unset = 0;
    g_top.compare_exchange_strong(unset, none, std::memory_order_acq_rel);
  }
  // relaxed: only the number matters, the memory is made by mmap.
  top = g_top.load(std::memory_order_relaxed);
  std::uintptr_t at;
  do {
    at = align_up(top, align);
  } while (!g_top.compare_exchange_weak(top, at + align_up(bytes, kPageBytes), std::memory_order_relaxed));
  return at;
}

void* map_astray(std::size_t bytes, int flags) noexcept {
  void* made = raw_mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (made == nullptr) return nullptr;
  const std::uint32_t slot = g_stray_count.fetch_add(1, std::memory_order_relaxed);
  if (slot < kStrays) {
    g_strays[slot].end.store(address_of(made) + bytes, std::memory_order_relaxed);
    g_strays[slot].begin.store(address_of(made), std::memory_order_release);
  }
  return made;
}

}  // namespace

void* map_own(std::size_t bytes, std::size_t align, int flags) noexcept {
  if (g_is_forgone.load(std::memory_order_relaxed) || !may(Right::MapInPlace))
    return map_astray(bytes, flags);
  const std::uintptr_t at = take_place(bytes, align);
  if (at + bytes > g_begin.load(std::memory_order_relaxed) + kRangeBytes) return map_astray(bytes, flags);
  void* made = raw_mmap(reinterpret_cast<void*>(at), bytes, PROT_READ | PROT_WRITE,
                        flags | MAP_FIXED_NOREPLACE, -1, 0);
  if (made == reinterpret_cast<void*>(at)) return made;
  if (made != nullptr) raw_munmap(made, bytes);  // a kernel before 4.17 takes the place for a hint
  return map_astray(bytes, flags);
}

void forgo_own_range() noexcept { g_is_forgone.store(true, std::memory_order_relaxed); }

void forget_own(const void* base) noexcept {
  for (Stray& stray : g_strays)  // what comes to this place next is not weir's
    if (stray.begin.load(std::memory_order_relaxed) == address_of(base))
      stray.begin.store(0, std::memory_order_relaxed);
}

bool own_mapping(std::size_t number, OwnRange& range) noexcept {
  if (number == 0) {
    range = {g_begin.load(std::memory_order_acquire), g_begin.load(std::memory_order_acquire) + kRangeBytes};
    return true;
  }
  const std::uint32_t count = g_stray_count.load(std::memory_order_acquire);
  if (number > (count < kStrays ? count : kStrays)) return false;
  const Stray& stray = g_strays[number - 1];
  range.begin = stray.begin.load(std::memory_order_acquire);
  range.end = range.begin == 0 ? 0 : stray.end.load(std::memory_order_relaxed);
  return true;
}

}  // namespace weir::platform

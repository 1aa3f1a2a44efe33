// The books of CUDA memory: live blocks, and the numbers of sites, spaces and devices. The engine's own.
//
// CUDA allocates seldom, so all threads count in one place under one lock, and every number, the peaks too, is exact and that
// of one moment; in sampled mode as well. Nothing under the lock unwinds, waits or calls the driver; the profile map is the
// only lock that is taken within it.
#pragma once

#include "core/engine/cuda_memory.hpp"
#include "core/engine/state.hpp"
#include "core/ledger/ledger.hpp"

namespace weir::engine {

/// What the lock protects.
struct CudaBooks {
  platform::BriefLock lock;
  ledger::Blocks blocks;
  track::Table<profile::CounterRecord, profile::ChunkKind::CudaCounters> counters;
  track::Table<profile::DeviceRecord, profile::ChunkKind::Devices> devices;
  bool has_tables;
  profile::DeviceRecord* known_devices[profile::kMaxDevices];  ///< those that were asked for
  std::uint32_t ends;                                          ///< of contexts so far, those under way too
  std::uint64_t born;                                          ///< allocations so far
  std::uint32_t
      unknown_site[profile::kSpacesAndImported];  ///< where sites without room are counted; 0: not made
};
[[gnu::visibility("hidden")]] extern constinit CudaBooks g_cuda;

/// False: this call is not to be recorded: nothing is, or a signal handler has interrupted weir, which is counted as a loss.
[[nodiscard]] bool may_record_cuda(ThreadState& self, Caller caller) noexcept;
/// Within an operation: whether the process's books may be written. Not in a child that could not begin.
[[nodiscard]] inline bool counts_cuda() noexcept { return g_counting.load(std::memory_order_relaxed); }

/// The site of this stack for such memory; 0: no room for any. Takes locks; not under the books' lock.
[[nodiscard]] std::uint32_t cuda_site(std::uint32_t stack_site, const CudaBlock& block) noexcept;

// Under the lock.
/// False: no memory for them.
[[nodiscard]] bool make_cuda_tables() noexcept;
[[nodiscard]] inline bool has_cuda_tables() noexcept { return g_cuda.has_tables || make_cuda_tables(); }
/// Counts the call of the driver that this thread is in, unless it is counted already.
inline void count_cuda_call(ThreadState& self) noexcept {
  if (self.uncounted_call == 0) return;
  std::uint64_t& calls = header().cuda_calls[self.uncounted_call - 1];
  store_relaxed(calls, calls + 1);
  self.uncounted_call = 0;
}
/// Counts an allocation; gives the site that it was counted at, which is the unknown one when there is no room; 0: none.
[[nodiscard]] std::uint32_t count_cuda_alloc(const ledger::Block& block) noexcept;
void count_cuda_free(const ledger::Block& block, bool temporary) noexcept;
/// Takes that back.
void uncount_cuda_free(const ledger::Block& block, bool temporary) noexcept;
/// The device's record; null: no room.
[[nodiscard]] profile::DeviceRecord* make_cuda_device(std::uint8_t device) noexcept;
[[nodiscard]] inline profile::DeviceRecord* cuda_device(std::uint8_t device) noexcept {
  profile::DeviceRecord* known = g_cuda.known_devices[device];
  return known != nullptr ? known : make_cuda_device(device);
}

inline ledger::Key ledger_key(CudaKey keys, std::uint64_t key) noexcept {
  return {key, static_cast<std::uint32_t>(keys)};
}

/// In a forked child, single-threaded: the parent's CUDA memory cannot be used here.
void forget_cuda() noexcept;
void forget_cuda_facts() noexcept;
void forget_cuda_releases() noexcept;
void forget_cuda_pools() noexcept;
void forget_cuda_callers() noexcept;
/// A library was closed: another may come to its addresses.
void cuda_callers_closed() noexcept;
void forget_cuda_out_of_memory() noexcept;
[[nodiscard]] std::uint64_t cuda_pools_own_bytes() noexcept;
[[nodiscard]] std::uint64_t cuda_own_bytes() noexcept;

}  // namespace weir::engine

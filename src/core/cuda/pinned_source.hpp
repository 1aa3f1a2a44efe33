// Where the pool of page-locked memory has its blocks from: the driver, for one call of the program.
//
// The program's own block is given back by the function that the program called; what the pool sheds on the way, by
// cuMemFreeHost as a linked program has it. That waits for all work, and there is none that does not: nothing is shed unless
// the devices do nothing at that moment.
#pragma once

#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/fences.hpp"
#include "core/cuda/idle_probe.hpp"
#include "core/cuda/numa_nearest.hpp"
#include "core/platform/platform.hpp"
#include "core/pool/pool.hpp"

namespace weir::cuda {

/// cuMemHostAlloc with flags, or cuMemAllocHost.
struct AllocateHost {
  CUresult (*plain)(void**, std::size_t);              ///< cuMemAllocHost; null: the other
  CUresult (*flagged)(void**, std::size_t, unsigned);  ///< cuMemHostAlloc
  unsigned flags;

  CUresult operator()(void** out, std::size_t bytes) const noexcept {
    return plain != nullptr ? plain(out, bytes) : flagged(out, bytes, flags);
  }
};

/// From this node where it is not negative and has room. The thread's policy is the same before and after.
inline CUresult allocate_on(int node, const AllocateHost& allocate, void** out, std::size_t bytes) noexcept {
  const platform::PreferredNode there{node};
  return allocate(out, bytes);
}

/// The context that takes the memory along when it ends, by its number in contexts_seen.hpp, and how the memory was asked for.
/// What cuMemAllocHost gives has a kind of its own: what cuMemHostGetFlags says of it is the driver's to know.
struct PinnedPlace {
  static constexpr unsigned kPlain = 1U << 31;
  int number;
  unsigned flags;  ///< as asked for; kPlain
  friend bool operator==(const PinnedPlace&, const PinnedPlace&) = default;
};

class PinnedSource {
 public:
  using Place = PinnedPlace;
  using Result = CUresult;
  using Fence = cuda::Fence;
  using Lock = platform::Lock;
  using Free = CUresult (*)(void*);
  static constexpr CUresult kSuccess = CUDA_SUCCESS;
  static constexpr CUresult kNoSuchBlock = CUDA_ERROR_INVALID_VALUE;

  /// For an allocation while this device is current.
  PinnedSource(const AllocateHost& real, std::uint8_t device) noexcept : allocate_{&real}, device_{device} {}
  /// For a free of this block, which must not wait if it `is_deferred`. `has_context`: the thread has a context that lives.
  PinnedSource(Free real, void* block, bool has_context, bool is_deferred) noexcept
      : free_{real},
        block_{block},
        has_context_{has_context},
        probe_{is_deferred ? IdleProbe::May::Look : IdleProbe::May::Linger} {}
  /// For what the pool does besides.
  PinnedSource() noexcept = default;

  static constexpr bool is_no_memory(CUresult result) noexcept { return result == CUDA_ERROR_OUT_OF_MEMORY; }

  CUresult allocate(Place&, std::uint64_t bytes, std::uint64_t& address) noexcept {
    void* made = nullptr;
    const CUresult result = allocate_from_driver(&made, bytes);
    if (result == CUDA_SUCCESS) address = key_of(made);
    return result;
  }
  CUresult allocate_from_driver(void** out, std::size_t bytes) noexcept {
    return allocate_on(node_for_pinned(device_), *allocate_, out, bytes);
  }
  CUresult release(Place& place, std::uint64_t address) noexcept;
  pool::Shed shed(Place& place, std::uint64_t address) noexcept;
  pool::Progress shed_progress() noexcept {
    return probe_.is_busy() ? pool::Progress::NotYet : pool::Progress::Done;
  }

  /// A thread without a context is the driver's to answer. That it is another than the block's does not matter: any
  /// may free the block, and all are waited for.
  [[nodiscard]] pool::Stance stance(Place&) noexcept {
    const bool is_known = are_contexts_known(), is_call = allocate_ != nullptr || free_ != nullptr;
    if (!has_context_ || (!is_known && is_call)) return pool::Stance::Aside;
    if (is_any_stream_capturing()) return pool::Stance::Queue;
    return is_known ? pool::Stance::Act : pool::Stance::Aside;
  }
  CUresult wait(Place&) noexcept { return wait_for(all_contexts()); }
  static constexpr bool waits_for_all(Place&) noexcept { return true; }
  bool mark(Place&, Fence& fence) noexcept { return put_fence(all_contexts(), fence); }
  pool::Progress look(Place&, Fence& fence) noexcept { return look_at(fence); }
  void drop(Place&, Fence& fence) noexcept { drop_fence(fence); }

  static void* map(std::size_t bytes) noexcept { return platform::map_pages(bytes); }
  static void unmap(void* base, std::size_t bytes) noexcept { platform::unmap(base, bytes); }
  static std::uint64_t now_ns() noexcept { return platform::quick_ns(); }
  static void pause_ns(std::uint64_t ns) noexcept;

 private:
  static std::uint64_t key_of(const void* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address);
  }

  const AllocateHost* allocate_ = nullptr;
  std::uint8_t device_ = 0;
  Free free_ = nullptr;
  void* block_ = nullptr;
  bool has_context_ = true;
  IdleProbe probe_{IdleProbe::May::Linger};
};

}  // namespace weir::cuda

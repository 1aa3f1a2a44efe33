// Where the pool of device memory has its blocks from: the driver, for one call of the program.
//
// The program's own block is given back by the function that the program called. What the pool sheds on the way must not wait
// for work that has nothing to do with it, as cuMemFree does:
//   the device does nothing now (idle_probe.hpp)     cuMemFree, as a linked program has it
//   else, where there is such                        cuMemFreeAsync in a stream of weir's own (own_stream.hpp)
//   else                                             the pool keeps the block
#pragma once

#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/fences.hpp"
#include "core/cuda/idle_probe.hpp"
#include "core/platform/platform.hpp"
#include "core/pool/pool.hpp"

namespace weir::cuda {

/// A function of the driver that frees, with what the program passed to it besides the block.
class Freeing {
 public:
  /// `free(block)` is called; it must outlive this.
  template <class Free>
  explicit Freeing(CUdeviceptr block, const Free& free) noexcept
      : block_{block},
        free_{
            [](const void* self, CUdeviceptr it) noexcept { return (*static_cast<const Free*>(self))(it); }},
        self_{&free} {}
  /// Is it this block that the program frees?
  [[nodiscard]] bool is_of(CUdeviceptr block) const noexcept { return block == block_; }
  [[nodiscard]] CUresult operator()() const noexcept { return free_(self_, block_); }

 private:
  CUdeviceptr block_;
  CUresult (*free_)(const void* self, CUdeviceptr block) noexcept;
  const void* self_;
};

/// A context, by its number in contexts_seen.hpp, and its device.
struct DevicePlace {
  int number;
  std::uint8_t device;
  friend bool operator==(const DevicePlace&, const DevicePlace&) = default;
};

/// What the pool of a device has. Bytes.
struct PoolStock {
  std::uint64_t live, idle, pending, largest_idle, largest_pending;
};

/// The context is broken: every call in it has this answer from now on.
[[nodiscard]] bool is_sticky(CUresult result) noexcept;

class DeviceSource {
 public:
  using Place = DevicePlace;
  using Result = CUresult;
  using Fence = cuda::Fence;
  using Lock = platform::BriefLock;
  using Allocate = CUresult (*)(CUdeviceptr*, std::size_t);
  static constexpr std::uint64_t kAnyContext = ~std::uint64_t{0};
  static constexpr CUresult kSuccess = CUDA_SUCCESS;
  static constexpr CUresult kNoSuchBlock = CUDA_ERROR_INVALID_VALUE;

  /// For an allocation in the context `current`. `out_of_memory` is called when the driver refuses for the first time, before
  /// the pool gives back anything.
  DeviceSource(Allocate real, std::uint64_t current,
               void (*out_of_memory)(DeviceSource&, const Place&) noexcept) noexcept
      : allocate_{real}, out_of_memory_{out_of_memory}, current_{current} {}
  /// For a free in the context `current`, or kAnyContext: then it waits for nothing. `must_give`: the pool may not keep the block.
  /// `freeing` must outlive this.
  DeviceSource(const Freeing& freeing, std::uint64_t current, bool must_give) noexcept
      : freeing_{&freeing},
        must_give_{must_give},
        is_free_{true},
        current_{current},
        probe_{current == kAnyContext ? IdleProbe::May::Look : IdleProbe::May::Linger} {}
  /// For what the pool does besides.
  DeviceSource() noexcept = default;

  static constexpr bool is_no_memory(CUresult result) noexcept { return result == CUDA_ERROR_OUT_OF_MEMORY; }

  CUresult allocate(Place& place, std::uint64_t bytes, std::uint64_t& address) noexcept {
    CUdeviceptr made = 0;
    if (shed_in_ != 0) [[unlikely]]
      let_shed_arrive();
    const CUresult result = allocate_(&made, bytes);
    if (result == CUDA_SUCCESS) address = made;
    if (is_no_memory(result) && refused_++ == 0 && out_of_memory_ != nullptr) out_of_memory_(*this, place);
    return result;
  }
  CUresult release(Place& place, std::uint64_t address) noexcept;
  pool::Shed shed(Place& place, std::uint64_t address) noexcept;
  pool::Progress shed_progress() noexcept;

  /// Strict frees are waited for in the thread's own context, as the driver's are: a thread that has another one, or none
  /// (and none has any once the driver is gone), is served by the driver.
  [[nodiscard]] pool::Stance stance(Place& place) noexcept {
    // An allocation that finds no memory looks for it in all contexts of the device.
    const bool is_its = allocate_ != nullptr || current_ == kAnyContext ||
                        current_ == load_relaxed(seen_context(place.number).handle);
    const bool is_known = are_contexts_known(), is_call = allocate_ != nullptr || freeing_ != nullptr;
    if (must_give_ || !is_its || (!is_known && is_call)) return pool::Stance::Aside;
    if (is_any_stream_capturing()) return pool::Stance::Queue;
    return is_known ? pool::Stance::Act : pool::Stance::Aside;
  }
  CUresult wait(Place& place) noexcept {
    const CUresult result = wait_for_users_in_own(place.number);
    if (result != CUDA_SUCCESS && is_sticky(result)) [[unlikely]]
      broken_ = place.number + 1;
    return result;
  }
  /// The same, whichever context is current.
  CUresult wait_from_anywhere(Place& place) noexcept;
  [[nodiscard]] bool waits_for_all(Place& place) noexcept {
    return is_first_and_last(place.number) ||
           has_all_contexts(place.number, users_of_memory_in(place.number));
  }
  bool mark(Place&, Fence& fence) noexcept { return put_fence(all_contexts(), fence); }
  pool::Progress look(Place& place, Fence& fence) noexcept {
    const pool::Progress progress = look_at(fence);
    if (progress == pool::Progress::Broken) broken_ = place.number + 1;
    return progress;
  }
  void drop(Place&, Fence& fence) noexcept { drop_fence(fence); }

  static void* map(std::size_t bytes) noexcept { return platform::map_pages(bytes); }
  static void unmap(void* base, std::size_t bytes) noexcept { platform::unmap(base, bytes); }
  static std::uint64_t now_ns() noexcept { return platform::quick_ns(); }
  static void pause_ns(std::uint64_t ns) noexcept;

  /// The number of a context that was found broken; -1: none was.
  [[nodiscard]] int broken() const noexcept { return broken_ - 1; }

  /// What there was when memory ran out; set by `out_of_memory`.
  PoolStock stock{};

 private:
  void let_shed_arrive() noexcept;

  Allocate allocate_ = nullptr;
  void (*out_of_memory_)(DeviceSource&, const Place&) noexcept = nullptr;
  const Freeing* freeing_ = nullptr;
  bool must_give_ = false;
  bool is_free_ = false;
  bool is_put_off_ = false;  ///< shedding was Busy, and what made it so goes on
  std::uint64_t current_ = kAnyContext;
  std::uint32_t refused_ = 0;
  int broken_ = 0;
  int shed_in_ = 0;  ///< number of the context in whose own stream frees may be on their way, and 1; 0: none
  IdleProbe probe_{IdleProbe::May::Linger};
};

}  // namespace weir::cuda

// One call of a wrapped function, as its body sees it.
#pragma once

#include <cstdint>

#include "core/cuda/driver_api.hpp"
#include "core/engine/cuda_memory.hpp"

namespace weir::cuda {

using engine::CudaKey;
using profile::MemoryKind;
using profile::Space;

/// Whose memory it is.
struct Owner {
  std::uint64_t context;  ///< 0: lives longer than any context
  std::uint8_t device;
};

/// Handles and addresses as keys.
inline std::uint64_t key_of(CUdeviceptr address) noexcept { return address; }
inline std::uint64_t key_of(const void* handle) noexcept { return reinterpret_cast<std::uintptr_t>(handle); }

/// The driver no longer has the block: it is freed, or everything is.
inline bool is_gone(CUresult result) noexcept {
  return result == CUDA_SUCCESS || result == CUDA_ERROR_DEINITIALIZED ||
         result == CUDA_ERROR_CONTEXT_IS_DESTROYED;
}
/// The driver says that there is no such block.
inline bool is_refusal(CUresult result) noexcept {
  return result == CUDA_ERROR_INVALID_VALUE || result == CUDA_ERROR_INVALID_HANDLE ||
         result == CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
}

class Room;

class Call {
 public:
  explicit Call(engine::Caller caller) noexcept : caller_{caller} {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// False: nothing is to be recorded, the call is just forwarded. It comes from inside another wrapped call (the driver's
  /// own, or another interposer's), from a signal handler that interrupted weir, or from a forked child that the driver
  /// does not serve. True: end() must follow.
  [[nodiscard]] bool begin(engine::CudaRoute route) noexcept;
  void end() noexcept;
  [[nodiscard]] engine::Caller caller() const noexcept { return caller_; }

  /// The current context and its device.
  [[nodiscard]] Owner current() const noexcept;

  /// The driver has handed out a block.
  void allocated(CudaKey keys, std::uint64_t key, std::uint64_t bytes, Space space, MemoryKind kind,
                 const Owner& owner) const noexcept;
  /// The same, for what goes with the current context.
  void allocated(CudaKey keys, std::uint64_t key, std::uint64_t bytes, Space space,
                 MemoryKind kind) const noexcept {
    if (key != 0) allocated(keys, key, bytes, space, kind, current());
  }

  /// A free around the driver's: the block leaves the ledger first, and comes back if the driver keeps it. `space` is
  /// that of the memory which the function frees.
  template <class Forward>
  CUresult release(CudaKey keys, std::uint64_t key, Space space, Forward forward) const noexcept {
    if (key == 0) return forward();
    const engine::CudaTaken taken = engine::cuda_take(keys, key, caller_);
    const CUresult result = forward();
    released(taken, keys, key, space, result);
    return result;
  }
  /// Its last part.
  void released(const engine::CudaTaken& taken, CudaKey keys, std::uint64_t key, Space space,
                CUresult result) const noexcept;

  /// From now on the block that is recorded next is set aside there; null: it is over.
  void enter_room(Room* room) noexcept { room_ = room; }

  /// The driver serves this process: in its forked children it will not.
  void served() const noexcept;

  void context_ended(std::uint64_t context, engine::CudaEnd how) const noexcept {
    engine::cuda_context_ended(context, how, caller_);
    engine::stay();
  }
  void end_done(std::uint32_t end, engine::CudaEnd how) const noexcept {
    engine::cuda_end_done(end, how, caller_);
    engine::stay();
  }

 private:
  [[nodiscard]] bool is_of_another(const engine::CudaTaken& taken, CUresult result) const noexcept;

  engine::Caller caller_;
  Room* room_ = nullptr;  ///< null: there is no limit (limit.hpp)
};

}  // namespace weir::cuda

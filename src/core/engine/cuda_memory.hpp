// What CUDA handed out and took back: the verbs that the wrappers of the driver's functions call.
//
// A wrapper calls the driver first and tells the engine what came of it; a free is the other way round: the block is
// counted as freed before the driver frees it, because another thread may be given its address at once.
//
//   allocate   driver says yes ─→ cuda_allocated
//   free       cuda_take ─→ driver ─┬ yes ─→ of a block that was not found: cuda_freed_untaken
//                                   ├ no  ─→ cuda_put_back
//                                   └ "invalid" ─→ cuda_free_refused, after that
//
// Safety: any thread that is not inside weir; never while a lock of weir is held. Nothing here calls the driver.
#pragma once

#include <cstdint>

#include "core/engine/engine.hpp"
#include "core/profile/format.hpp"

namespace weir::engine {

/// What a block is found by. Addresses of host and device are one space (UVA); handles are spaces of their own.
/// Ending: blocks of a context whose end is under way, and whose address was handed out again already.
enum class CudaKey : std::uint8_t { Address, Array, Mipmap, Physical, External, Reservation, Ending };

struct CudaBlock {
  std::uint64_t key;      ///< address or handle
  std::uint64_t bytes;    ///< what the program asked for
  std::uint64_t context;  ///< the CUcontext that takes it along when it ends; 0: none does
  profile::Space space;
  profile::MemoryKind kind;
  std::uint8_t device;  ///< ordinal
};

/// A block that was taken out of the books.
struct CudaTaken {
  CudaBlock block;
  std::uint32_t site;  ///< 0: there was no such block
  CudaKey keys;
  bool is_shared;     ///< it is handed out once more (imported memory): nothing was counted
  bool is_temporary;  ///< counted as such
  std::uint64_t
      born;  ///< number of its allocation; without a block: of the newest one; 0: nothing is recorded
  [[nodiscard]] bool found() const noexcept { return site != 0; }
};

void cuda_allocated(CudaKey keys, const CudaBlock& block, Caller caller) noexcept;
/// Counts it as freed by this caller.
[[nodiscard]] CudaTaken cuda_take(CudaKey keys, std::uint64_t key, Caller caller) noexcept;
/// The driver keeps it: nothing was counted. False: another thread has freed the block meanwhile.
bool cuda_put_back(const CudaTaken& taken) noexcept;
/// The driver has freed what `taken` did not find: a block that weir has not seen, or one that another thread had taken out
/// and cannot free any more.
void cuda_freed_untaken(CudaKey keys, std::uint64_t key, const CudaTaken& taken, Caller caller) noexcept;
/// The driver called this free invalid: recorded as a double or an invalid free, or as one by the wrong function.
/// `space`: of the memory that this function frees.
void cuda_free_refused(CudaKey keys, std::uint64_t key, Caller caller,
                       profile::Space space = profile::Space::Device) noexcept;

/// Blocks that go with their context: what was still live was not freed by the program.
enum class CudaEnd : std::uint8_t { ContextDestroyed = 1, DeviceReset = 2, ModuleUnloaded = 3 };
void cuda_context_ended(std::uint64_t context, CudaEnd how, Caller caller) noexcept;

// The same around the driver's: what goes is settled before, because another thread may be given handle and addresses at once.
/// The number of this end; 0: nothing is recorded.
[[nodiscard]] std::uint32_t cuda_context_ending(std::uint64_t context) noexcept;
void cuda_end_done(std::uint32_t end, CudaEnd how, Caller caller) noexcept;
void cuda_end_failed(std::uint32_t end) noexcept;

/// How a driver function was reached. The values are indices on disk.
enum class CudaRoute : std::uint8_t { Linked = 0, Dlsym = 1, ProcAddress = 2, Patched = 3 };
inline constexpr std::uint32_t kCudaRoutes = profile::kCudaRoutes;
/// A call of a wrapped function arrived by this route. False: it comes from a signal handler that interrupted weir, and
/// nothing can be recorded of it. It is counted with the first block that is recorded, else when it is over: under the
/// books' lock, so that most calls need no locked instruction of their own.
[[nodiscard]] bool cuda_called(CudaRoute route, Caller caller) noexcept;
void cuda_call_over() noexcept;
/// The program was given a function that allocates, and not our wrapper of it. `why`: one word for the report.
void cuda_unhooked(const char* name, CudaRoute route, const char* why) noexcept;
/// A library was opened with RTLD_DEEPBIND.
void cuda_deepbind_open(const char* path) noexcept;

/// A device was seen. Texts are cut at 63 bytes; `total` in bytes.
void cuda_device_seen(std::uint8_t device, const char* name, std::uint64_t total) noexcept;
/// Is it time to ask the driver how much of the device is used? Cheap.
[[nodiscard]] bool cuda_memory_due(std::uint8_t device) noexcept;
/// What the driver says, in bytes, and how long it took to say it.
void cuda_memory_seen(std::uint8_t device, std::uint64_t free, std::uint64_t total,
                      std::uint64_t took_ns) noexcept;
/// The driver would not say: it is asked again, later than usual.
void cuda_memory_unknown(std::uint8_t device, std::uint64_t took_ns) noexcept;
/// Bytes that the driver's stream-ordered pools of the device hold, in use or not.
void cuda_pools_seen(std::uint8_t device, std::uint64_t reserved, std::uint64_t used) noexcept;
void cuda_driver_seen(std::uint32_t version) noexcept;

}  // namespace weir::engine

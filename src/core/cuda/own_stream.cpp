#include "core/cuda/own_stream.hpp"

#include <atomic>

#include "core/base/tally.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/function.hpp"
#include "core/cuda/in_context.hpp"

namespace weir::cuda {
namespace {

constinit Asked<decltype(::cuStreamCreate)> g_create{"cuStreamCreate"};
constinit Asked<decltype(::cuStreamQuery)> g_query{"cuStreamQuery"};
constinit Asked<decltype(::cuMemFreeAsync)> g_free{"cuMemFreeAsync"};

struct OwnStream {
  CUstream stream;     ///< null: this context can have none
  std::uint32_t life;  ///< of the context, with which it goes; written last. 0: there has been none
  std::uint32_t is_being_made;
};
constinit OwnStream g_streams[kMostContexts]{};

/// As a program that is linked with the driver, like the other frees of the pool.
CUresult free_async(CUdeviceptr block, CUstream stream) noexcept {
  void* const slot =
      load_acquire(g_real[index(Function::cuMemFreeAsync)][static_cast<std::size_t>(CudaRoute::Linked)]);
  auto* const real = reinterpret_cast<decltype(&::cuMemFreeAsync)>(slot);
  return real != nullptr ? real(block, stream) : g_free(block, stream);
}

bool is_possible(std::uint8_t device) noexcept {
  int has_pools = 0;
  return g_free.exists() && g_create.exists() &&
         ask::device_attribute(&has_pools, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, device) ==
             CUDA_SUCCESS &&
         has_pools != 0;
}

/// The context is the current one, and used; no capture is open. Null: there is none now.
CUstream stream_of(int context, bool may_make) noexcept {
  OwnStream& own = g_streams[context];
  const std::uint32_t life = load_relaxed(seen_context(context).lives);
  if (load_acquire(own.life) == life) return own.stream;
  std::atomic_ref is_being_made{own.is_being_made};
  if (!may_make || is_being_made.exchange(1, std::memory_order_acquire) != 0) return nullptr;
  CUstream made = nullptr;
  const bool can = is_possible(seen_context(context).device);
  const bool is_made = can && g_create(&made, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS;
  if (is_made || !can) {
    own.stream = made;
    store_release(own.life, life);
  }
  is_being_made.store(0, std::memory_order_release);
  return made;
}

/// False: not now. `with(stream)` is called in its context while no capture is open.
template <class With>
bool in_own_stream(int context, bool may_make, With with) noexcept {
  const Housekeeping keeping;
  const ContextUse use{context};
  if (!keeping || !use) return false;
  const InContext in{context, current_context()};
  CUstream const stream = in.result() == CUDA_SUCCESS ? stream_of(context, may_make) : nullptr;
  return stream != nullptr && with(stream);
}

}  // namespace

void make_own_stream(int context) noexcept {
  (void)in_own_stream(context, true, [](CUstream) noexcept { return true; });
}

bool free_in_own_stream(int context, CUdeviceptr block, bool may_make) noexcept {
  return in_own_stream(context, may_make,
                       [=](CUstream stream) noexcept { return free_async(block, stream) == CUDA_SUCCESS; });
}

bool is_own_stream_done(int context) noexcept {
  return !in_own_stream(context, false,
                        [](CUstream stream) noexcept { return g_query(stream) == CUDA_ERROR_NOT_READY; });
}

void find_own_stream_functions() noexcept {
  g_create.find();
  g_query.find();
  g_free.find();
}

}  // namespace weir::cuda

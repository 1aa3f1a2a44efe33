#include "core/cuda/pinned_source.hpp"

#include <time.h>

#include "core/cuda/function.hpp"

namespace weir::cuda {
namespace {

/// As a program that is linked with the driver: who interposes it behind us has seen the block made, or passes it on.
CUresult give_back(void* block) noexcept {
  void* const slot = load_acquire(
      g_real[index(Function::cuMemFreeHost)][static_cast<std::size_t>(engine::CudaRoute::Linked)]);
  auto* const real = reinterpret_cast<CUresult (*)(void*)>(slot);
  return real != nullptr ? real(block) : ask::free_host(block);
}

}  // namespace

// The driver wants some context to be current, of whatever device.
CUresult PinnedSource::release(Place& place, std::uint64_t address) noexcept {
  if (free_ != nullptr && address == key_of(block_)) return free_(block_);
  void* block = reinterpret_cast<void*>(address);
  const CUresult result = give_back(block);
  const ContextUse use{place.number};
  if (result != CUDA_ERROR_INVALID_CONTEXT || !use) return result;
  CUcontext ours = nullptr;
  const auto context = reinterpret_cast<CUcontext>(load_relaxed(seen_context(place.number).handle));
  if (ask::ctx_push(context) != CUDA_SUCCESS) return result;
  const CUresult again = give_back(block);
  (void)ask::ctx_pop(&ours);
  return again;
}

pool::Shed PinnedSource::shed(Place& place, std::uint64_t address) noexcept {
  if (!probe_.is_idle(all_contexts(), 0)) return pool::Shed::Busy;
  return release(place, address) == CUDA_SUCCESS ? pool::Shed::Gone : pool::Shed::Refused;
}

void PinnedSource::pause_ns(std::uint64_t ns) noexcept {
  const timespec time{.tv_sec = static_cast<time_t>(ns / 1'000'000'000U),
                      .tv_nsec = static_cast<long>(ns % 1'000'000'000U)};
  platform::raw_syscall(SYS_nanosleep, &time, nullptr);
}

}  // namespace weir::cuda

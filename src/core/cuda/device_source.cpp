#include "core/cuda/device_source.hpp"

#include <sys/syscall.h>
#include <time.h>

#include "core/cuda/function.hpp"
#include "core/cuda/own_stream.hpp"

namespace weir::cuda {

bool is_sticky(CUresult result) noexcept {
  switch (result) {
    case CUDA_ERROR_ECC_UNCORRECTABLE:
    case CUDA_ERROR_HARDWARE_STACK_ERROR:
    case CUDA_ERROR_ILLEGAL_ADDRESS:
    case CUDA_ERROR_LAUNCH_TIMEOUT:
    case CUDA_ERROR_ASSERT:
    case CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case CUDA_ERROR_MISALIGNED_ADDRESS:
    case CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case CUDA_ERROR_INVALID_PC:
    case CUDA_ERROR_LAUNCH_FAILED:
    case CUDA_ERROR_NVLINK_UNCORRECTABLE:
    case CUDA_ERROR_CONTAINED:
    case CUDA_ERROR_TENSOR_MEMORY_LEAK:
    case CUDA_ERROR_EXTERNAL_DEVICE:
    case CUDA_ERROR_MPS_CLIENT_TERMINATED:
    case CUDA_ERROR_UNKNOWN: return true;
    default: return false;
  }
}

namespace {

/// As a program that is linked with the driver: who interposes it behind us has seen the block made, or passes it on.
CUresult give_back(CUdeviceptr block) noexcept {
  void* const slot =
      load_acquire(g_real[index(Function::cuMemFree_v2)][static_cast<std::size_t>(CudaRoute::Linked)]);
  auto* const real = reinterpret_cast<decltype(&::cuMemFree_v2)>(slot);
  return real != nullptr ? real(block) : ask::mem_free(block);
}

/// The driver wants some context to be current, of whatever device.
CUresult give_back_somewhere(const DevicePlace& place, CUdeviceptr block) noexcept {
  const CUresult result = give_back(block);
  if (result != CUDA_ERROR_INVALID_CONTEXT) return result;
  const ContextUse use{place.number};
  CUcontext ours = nullptr;
  if (!use || ask::ctx_push(reinterpret_cast<CUcontext>(seen_context(place.number).handle)) != CUDA_SUCCESS)
    return result;
  const CUresult again = give_back(block);
  (void)ask::ctx_pop(&ours);
  return again;
}

}  // namespace

CUresult DeviceSource::release(Place& place, std::uint64_t address) noexcept {
  const bool is_programs = freeing_ != nullptr && freeing_->is_of(address);
  return is_programs ? (*freeing_)() : give_back_somewhere(place, address);
}

pool::Shed DeviceSource::shed(Place& place, std::uint64_t address) noexcept {
  if (probe_.is_idle(users_of_memory_in(place.number), place.number))
    return give_back_somewhere(place, address) == CUDA_SUCCESS ? pool::Shed::Gone : pool::Shed::Refused;
  is_put_off_ = !free_in_own_stream(place.number, address, !is_free_);
  if (is_put_off_) return pool::Shed::Busy;
  shed_in_ = place.number + 1;
  return pool::Shed::Gone;
}

pool::Progress DeviceSource::shed_progress() noexcept {
  if (shed_in_ != 0 && is_own_stream_done(shed_in_ - 1)) shed_in_ = 0;
  is_put_off_ = is_put_off_ && probe_.is_busy();
  return shed_in_ != 0 || is_put_off_ ? pool::Progress::NotYet : pool::Progress::Done;
}

/// Before the driver is asked for memory: the device takes a moment to come to an empty stream.
void DeviceSource::let_shed_arrive() noexcept {
  const std::uint64_t end = platform::monotonic_ns() + IdleProbe::kMostNs;
  while (!is_own_stream_done(shed_in_ - 1))
    if (platform::monotonic_ns() >= end) return;
  shed_in_ = 0;
}

CUresult DeviceSource::wait_from_anywhere(Place& place) noexcept {
  CUcontext before = nullptr, ours = nullptr;
  bool is_pushed = false;
  if (ask::ctx_get_current(&before) == CUDA_SUCCESS && before == nullptr) {
    const ContextUse use{place.number};
    auto* const context = reinterpret_cast<CUcontext>(seen_context(place.number).handle);
    is_pushed = use && ask::ctx_push(context) == CUDA_SUCCESS;
  }
  const CUresult result = wait_for(users_of_memory_in(place.number));
  if (is_sticky(result)) broken_ = place.number + 1;
  if (is_pushed) (void)ask::ctx_pop(&ours);
  return result;
}

void DeviceSource::pause_ns(std::uint64_t ns) noexcept {
  const timespec time{.tv_sec = static_cast<time_t>(ns / 1'000'000'000U),
                      .tv_nsec = static_cast<long>(ns % 1'000'000'000U)};
  platform::raw_syscall(SYS_nanosleep, &time, nullptr);
}

}  // namespace weir::cuda

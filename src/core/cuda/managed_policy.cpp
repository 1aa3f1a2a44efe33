#include "core/cuda/managed_policy.hpp"

#include <atomic>
#include <string_view>

#include "core/base/text.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"
#include "core/engine/cuda_pools.hpp"

namespace weir::cuda {
namespace {

using config::ManagedAdvise;
using config::ManagedPrefetch;

constinit Asked<decltype(::cuMemAllocManaged)> g_allocate{"cuMemAllocManaged"};
constinit Asked<decltype(::cuMemAdvise)> g_advise{"cuMemAdvise"};
constinit Asked<decltype(::cuMemAdvise_v2)> g_advise_v2{"cuMemAdvise_v2"};
constinit Asked<decltype(::cuMemPrefetchAsync)> g_prefetch{"cuMemPrefetchAsync"};
constinit Asked<decltype(::cuMemPrefetchAsync_v2)> g_prefetch_v2{"cuMemPrefetchAsync_v2"};
constinit Asked<decltype(::cuStreamCreate)> g_create_stream{"cuStreamCreate"};
constinit Asked<decltype(::cuStreamDestroy_v2)> g_destroy_stream{"cuStreamDestroy_v2"};

enum class Known : std::uint8_t { NotYet, Yes, No };
/// Can host and device use managed memory at the same time? By device.
constinit std::atomic<Known> g_is_capable[profile::kMaxDevices]{};
constinit std::atomic<bool> g_has_told_of_library{};

bool has(CUdevice_attribute attribute, std::uint8_t device) noexcept {
  int value = 0;
  return ask::device_attribute(&value, attribute, device) == CUDA_SUCCESS && value != 0;
}

bool is_capable(std::uint8_t device) noexcept {
  Known known = g_is_capable[device].load(std::memory_order_relaxed);
  if (known != Known::NotYet) return known == Known::Yes;
  known = has(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, device) &&
                  has(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, device)
              ? Known::Yes
              : Known::No;
  g_is_capable[device].store(known, std::memory_order_relaxed);
  return known == Known::Yes;
}

[[gnu::noinline, gnu::cold]] void tell(std::string_view why, std::string_view whom,
                                       const char* then) noexcept {
  char bytes[300];
  TextBuffer line{bytes};
  line << "weir: device memory is not made managed: " << why << whom << then;
  engine::cuda_notice(line.view());
}

void tell_of_library(const char* library) noexcept {
  if (!g_has_told_of_library.exchange(true, std::memory_order_relaxed))
    tell(library, " is loaded", " (\":force\" behind the value of WEIR_DEVICE_AS does it all the same)");
}

void tell_of_device(std::uint8_t device) noexcept {
  static constinit std::atomic<std::uint64_t> told[profile::kMaxDevices / 64]{};
  const std::uint64_t bit = std::uint64_t{1} << device % 64;
  if ((told[device / 64].fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  char bytes[32];
  TextBuffer name{bytes};
  name << "device " << std::uint64_t{device};
  tell(name.view(), " has none that host and device can use at the same time", "");
}

void advise(std::uint8_t device, CUdeviceptr block, std::size_t bytes) noexcept {
  CUmem_advise advice{};
  switch (engine::options().managed_advise) {
    case ManagedAdvise::PreferredLocation: advice = CU_MEM_ADVISE_SET_PREFERRED_LOCATION; break;
    case ManagedAdvise::ReadMostly: advice = CU_MEM_ADVISE_SET_READ_MOSTLY; break;
    case ManagedAdvise::AccessedBy: advice = CU_MEM_ADVISE_SET_ACCESSED_BY; break;
    default: return;
  }
  const CUmemLocation location{.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
  if (g_advise_v2(block, bytes, advice, location) == CUDA_ERROR_NOT_FOUND)
    (void)g_advise(block, bytes, advice, device);
}

bool fits(std::size_t bytes) noexcept {
  std::size_t free = 0, total = 0;
  return ask::memory_info(&free, &total) == CUDA_SUCCESS && bytes <= free / 2;
}

void prefetch(std::uint8_t device, CUdeviceptr block, std::size_t bytes) noexcept {
  const ManagedPrefetch how = engine::options().managed_prefetch;
  if (how == ManagedPrefetch::None || (how == ManagedPrefetch::Adaptive && !fits(bytes))) return;
  CUstream stream = nullptr;
  if (g_create_stream(&stream, CU_STREAM_NON_BLOCKING) != CUDA_SUCCESS) return;
  const CUmemLocation location{.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
  if (g_prefetch_v2(block, bytes, location, 0, stream) == CUDA_ERROR_NOT_FOUND)
    (void)g_prefetch(block, bytes, device, stream);
  (void)g_destroy_stream(stream);  // ends when its work does
}

}  // namespace

bool may_be_managed(const Call& call, const Owner& owner) noexcept {
  if (owner.context == 0 || is_any_stream_capturing() || engine::cuda_is_passed_by(call.caller()))
    return false;
  const char* library =
      engine::options().device_as.is_forced ? nullptr : engine::cuda_communication_library();
  if (library != nullptr) {
    tell_of_library(library);
    return false;
  }
  if (is_capable(owner.device)) return true;
  tell_of_device(owner.device);
  return false;
}

CUresult ask_for_managed(CUdeviceptr* out, std::size_t bytes) noexcept {
  return g_allocate(out, bytes, CU_MEM_ATTACH_GLOBAL);
}

void tend_managed(const Call& call, const Owner& owner, CUdeviceptr block, std::size_t bytes) noexcept {
  const config::Config& wanted = engine::options();
  const bool is_wanted =
      wanted.managed_advise != ManagedAdvise::None || wanted.managed_prefetch != ManagedPrefetch::None;
  if (!is_wanted || owner.context == 0 || is_any_stream_capturing()) return;
  if (!is_capable(owner.device) || engine::cuda_is_passed_by(call.caller())) return;
  advise(owner.device, block, bytes);
  prefetch(owner.device, block, bytes);
}

void find_managed_functions() noexcept {
  g_allocate.find();
  g_advise.find();
  g_advise_v2.find();
  g_prefetch.find();
  g_prefetch_v2.find();
  g_create_stream.find();
  g_destroy_stream.find();
}

}  // namespace weir::cuda

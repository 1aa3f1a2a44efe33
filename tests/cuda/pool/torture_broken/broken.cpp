// What makes libweir wrong, in a second library that only tests load: the linker leads calls between its parts through here
// (--wrap), and TORTURE_BREAK says which part lies. The parts themselves are those of the real library, to the byte.
#include <cstdlib>
#include <cstring>

#include "core/cuda/bodies.hpp"
#include "core/cuda/device_source.hpp"
#include "core/pool/cache.hpp"

namespace weir {
namespace {

bool is_broken(const char* what) noexcept {
  const char* broken = std::getenv("TORTURE_BREAK");
  return broken != nullptr && std::strcmp(broken, what) == 0;
}

}  // namespace

#define WRAPPED(result, name, symbol, ...)                              \
  result real_##name(__VA_ARGS__) noexcept asm("__real_" symbol);       \
  result wrapped_##name(__VA_ARGS__) noexcept asm("__wrap_" symbol);    \
  [[gnu::used]] result wrapped_##name(__VA_ARGS__) noexcept

namespace cuda {

/// A strict free does not wait.
WRAPPED(CUresult, wait_for, "_ZN4weir4cuda8wait_forERKNS0_10ContextSetEi", const ContextSet& contexts, int current) {
  return is_broken("wait") ? CUDA_SUCCESS : real_wait_for(contexts, current);
}

WRAPPED(CUresult, wait_in_own, "_ZN4weir4cuda21wait_for_users_in_ownEi", int current) {
  if (is_broken("wait")) return CUDA_SUCCESS;
  ContextSet own{};
  own.add(current);
  return is_broken("peers") ? real_wait_for(own, current) : real_wait_in_own(current);
}

/// Every fence is done at once.
WRAPPED(pool::Progress, look_at, "_ZN4weir4cuda7look_atERKNS0_5FenceE", const Fence& fence) {
  return is_broken("fence") ? pool::Progress::Done : real_look_at(fence);
}

/// What has been waited for is all there is.
WRAPPED(bool, has_all_contexts, "_ZN4weir4cuda16has_all_contextsEiRKNS0_10ContextSetE", int context, const ContextSet& set) {
  return is_broken("peers") || is_broken("strangers") || real_has_all_contexts(context, set);
}

/// Peers do not count.
WRAPPED(ContextSet, users_of_memory_in, "_ZN4weir4cuda18users_of_memory_inEi", int context) {
  ContextSet set = real_users_of_memory_in(context);
  if (!is_broken("peers")) return set;
  set = {};
  set.add(context);
  return set;
}

/// Other contexts than the current one do not count.
WRAPPED(ContextSet, all_contexts, "_ZN4weir4cuda12all_contextsEv") {
  if (!is_broken("contexts")) return real_all_contexts();
  ContextSet set{};
  if (const int current = current_context(); current >= 0) set.add(current);
  return set;
}

/// Captures are not seen.
using BeginCapture = CUresult (*)(CUstream, CUstreamCaptureMode);
WRAPPED(CUresult, begin_capture, "_ZN4weir4cuda13begin_captureERNS0_4CallEPF14cudaError_enumP11CUstream_st24CUstreamCaptureMode_enumES5_S6_",
        Call& call, BeginCapture real, CUstream stream, CUstreamCaptureMode mode) {
  return is_broken("captures") ? real(stream, mode) : real_begin_capture(call, real, stream, mode);
}

/// The end of a context is not seen.
WRAPPED(void, device_ended, "_ZN4weir4cuda17device_pool_endedEib", int number, bool is_over) {
  real_device_ended(number, is_over && !is_broken("ended"));
}

/// What was exported may be handed out again.
WRAPPED(void, exported, "_ZN4weir4cuda23export_from_device_poolEy", CUdeviceptr address) {
  if (!is_broken("exported")) real_exported(address);
}

/// What is given back is lost.
WRAPPED(CUresult, release, "_ZN4weir4cuda12DeviceSource7releaseERNS0_11DevicePlaceEm", DeviceSource* source,
        DevicePlace& place, std::uint64_t address) {
  return is_broken("leak") ? CUDA_SUCCESS : real_release(source, place, address);
}

}  // namespace cuda

namespace pool {

std::uint64_t real_retire(Cache* cache, std::uint64_t upto) noexcept asm("__real__ZN4weir4pool5Cache6retireEm");

/// A deferred free is proven by nothing.
WRAPPED(void, hold, "_ZN4weir4pool5Cache4holdEPNS0_5BlockEm", Cache* cache, Block* block, std::uint64_t freed) {
  real_hold(cache, block, freed);
  if (is_broken("at-once")) (void)real_retire(cache, freed);
}

/// What is proven of old frees is believed of all.
WRAPPED(std::uint64_t, retire_all, "_ZN4weir4pool5Cache6retireEm", Cache* cache, std::uint64_t upto) {
  return real_retire(cache, is_broken("credit") && upto != 0 ? ~std::uint64_t{0} : upto);
}

/// No bound.
WRAPPED(Block*, shed_beyond, "_ZN4weir4pool5Cache11shed_beyondEm", Cache* cache, std::uint64_t most) {
  return is_broken("bound") ? nullptr : real_shed_beyond(cache, most);
}

}  // namespace pool
}  // namespace weir

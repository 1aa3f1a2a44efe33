#include "graph/call_rules.hpp"

#include <algorithm>
#include <string_view>

#include "device/context.hpp"
#include "engine/captures.hpp"

namespace simcuda::graph {
namespace {

// Without their versions. Calls that also ask for a stream ask for themselves (api/stream.cpp, api/event.cpp).
constexpr std::string_view kUnsafe[] = {
    "cuArray3DCreate",     "cuArrayCreate",           "cuArrayDestroy",          "cuCtxCreate",
    "cuCtxDestroy",        "cuDevicePrimaryCtxReset", "cuIpcCloseMemHandle",     "cuIpcOpenMemHandle",
    "cuMemAlloc",          "cuMemAllocHost",          "cuMemAllocManaged",       "cuMemAllocPitch",
    "cuMemFree",           "cuMemFreeHost",           "cuMemHostAlloc",          "cuMemHostRegister",
    "cuMemHostUnregister", "cuMipmappedArrayCreate",  "cuMipmappedArrayDestroy",
};

std::string_view base_name(std::string_view name) {
  const std::size_t version = name.find('_');
  return name.substr(0, version);
}

}  // namespace

CUresult may_call(const char* name) {
  if (engine::on_engine_thread()) return CUDA_ERROR_NOT_PERMITTED;
  if (!engine::ever_captured()) return CUDA_SUCCESS;
  const std::string_view base = base_name(name);
  if (base == "cuCtxSynchronize") {
    Context* context = current_context();
    return context == nullptr ? CUDA_SUCCESS : engine::context_wide_call(context->handle());
  }
  const bool unsafe = std::find(std::begin(kUnsafe), std::end(kUnsafe), base) != std::end(kUnsafe);
  return unsafe ? engine::potentially_unsafe_call() : CUDA_SUCCESS;
}

}  // namespace simcuda::graph

// Kernels are launched.
#include "api/twins.hpp"
#include "graph/capture.hpp"

namespace simcuda {
namespace {

constexpr unsigned kThreads = 1024, kBlockZ = 64, kGridYZ = 65535, kShared = 232448;

bool fits(const CUlaunchConfig& config) {
  if (config.gridDimX == 0 || config.gridDimY == 0 || config.gridDimZ == 0) return false;
  if (config.blockDimX == 0 || config.blockDimY == 0 || config.blockDimZ == 0) return false;
  if (config.gridDimX > 0x7fffffff || config.gridDimY > kGridYZ || config.gridDimZ > kGridYZ) return false;
  if (config.blockDimZ > kBlockZ || config.sharedMemBytes > kShared) return false;
  return std::uint64_t{config.blockDimX} * config.blockDimY * config.blockDimZ <= kThreads;
}

// The event of an attribute marks the end of the kernel: simulated kernels have no earlier moment to mark.
CUresult mark_events(const CUlaunchConfig& config, const engine::StreamRef& stream) {
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    const CUlaunchAttribute& each = config.attrs[i];
    CUevent handle = nullptr;
    if (each.id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT) handle = each.value.programmaticEvent.event;
    if (each.id == CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT)
      handle = each.value.launchCompletionEvent.event;
    if (handle == nullptr) continue;
    const engine::EventRef event = engine::find_event(handle);
    if (!event) return CUDA_ERROR_INVALID_HANDLE;
    const CUresult result = graph::record(stream, event, 0, "cuLaunchKernelEx");
    if (result != CUDA_SUCCESS) return result;
  }
  return CUDA_SUCCESS;
}

CUresult launch(Context& current, const CUlaunchConfig& config, CUfunction handle, void** parameters,
                void** extra, bool per_thread) {
  return with_stream(current, config.hStream, per_thread, [&](const engine::StreamRef& stream) -> CUresult {
    Context& context = *context_of(engine::context_of(stream));
    module::Launch made;
    made.function = module::function_of(handle, context);
    if (!made.function || made.function->context != &context) return CUDA_ERROR_INVALID_HANDLE;
    if (!fits(config) || (config.numAttrs > 0 && config.attrs == nullptr)) return CUDA_ERROR_INVALID_VALUE;
    const unsigned grid[] = {config.gridDimX, config.gridDimY, config.gridDimZ};
    const unsigned block[] = {config.blockDimX, config.blockDimY, config.blockDimZ};
    std::copy_n(grid, 3, made.grid);
    std::copy_n(block, 3, made.block);
    made.shared_bytes = config.sharedMemBytes;
    const CUresult result = module::pack(made, parameters, extra);
    if (result != CUDA_SUCCESS) return result;
    const std::string name = made.function->code->name;
    const graph::Issued issued = graph::issue(stream, std::move(made), "kernel " + name);
    return issued.result != CUDA_SUCCESS ? issued.result : mark_events(config, stream);
  });
}

CUlaunchConfig config_of(unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                         unsigned shared, CUstream stream) {
  return {gx, gy, gz, bx, by, bz, shared, stream, nullptr, 0};
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_TWINS(cuLaunchKernel, _ptsz,
              (CUfunction function, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
               unsigned int by, unsigned int bz, unsigned int shared, CUstream stream, void** parameters,
               void** extra),
              return launch(context, config_of(gx, gy, gz, bx, by, bz, shared, stream), function, parameters,
                            extra, per_thread);)
SIMCUDA_TWINS(cuLaunchCooperativeKernel, _ptsz,
              (CUfunction function, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
               unsigned int by, unsigned int bz, unsigned int shared, CUstream stream, void** parameters),
              return launch(context, config_of(gx, gy, gz, bx, by, bz, shared, stream), function, parameters,
                            nullptr, per_thread);)
SIMCUDA_TWINS(cuLaunchKernelEx, _ptsz,
              (const CUlaunchConfig* config, CUfunction function, void** parameters, void** extra),
              return config == nullptr ? CUDA_ERROR_INVALID_VALUE
                                       : launch(context, *config, function, parameters, extra, per_thread);)
SIMCUDA_ENTRY(cuLaunchCooperativeKernelMultiDevice, false,
              (CUDA_LAUNCH_PARAMS * list, unsigned int count, unsigned int flags), {
                if (list == nullptr || count == 0 || flags > 3) return CUDA_ERROR_INVALID_VALUE;
                CUresult result = CUDA_SUCCESS;
                for (unsigned i = 0; i < count && result == CUDA_SUCCESS; ++i) {
                  const CUDA_LAUNCH_PARAMS& one = list[i];
                  result = launch(context,
                                  config_of(one.gridDimX, one.gridDimY, one.gridDimZ, one.blockDimX,
                                            one.blockDimY, one.blockDimZ, one.sharedMemBytes, one.hStream),
                                  one.function, one.kernelParams, nullptr, false);
                }
                return result;
              })

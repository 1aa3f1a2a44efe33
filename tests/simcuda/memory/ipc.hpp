// Device memory of another process by handle: cuIpcGetMemHandle and what belongs to it.
//
// A handle names the allocation by its process and its id, which is never used twice, and says where in the file
// behind that process's device memory it lies. The importer maps that file, so the exporter must live when a handle
// is opened; afterwards the mapping shows whatever the exporter's memory holds there. All under the driver's lock.
#pragma once

#include <cuda.h>

namespace simcuda {
class Context;
}

namespace simcuda::memory {

/// Any address of a cuMemAlloc allocation will do; the handle is that of the whole allocation.
CUresult export_memory(CUipcMemHandle* handle, CUdeviceptr address);
/// Opened again in the same context, a handle gives the same address and is counted.
CUresult open_memory(CUdeviceptr* base, const CUipcMemHandle& handle, Context& context);
CUresult close_memory(CUdeviceptr base, Context& context);

}  // namespace simcuda::memory

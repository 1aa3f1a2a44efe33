// Memory that another interface made (a graphics interface, another driver) and that is imported by descriptor. Any
// file that can be mapped will do here. A buffer on it lives until cuMemFree, whatever happens to the object. Nobody
// is charged. All under the driver's lock.
#pragma once

#include <cuda.h>

namespace simcuda {
class Context;
}

namespace simcuda::memory {

/// The descriptor belongs to the driver once this succeeds.
CUresult import_external(CUexternalMemory* handle, const CUDA_EXTERNAL_MEMORY_HANDLE_DESC& wanted);
CUresult map_buffer(CUdeviceptr* base, CUexternalMemory handle,
                    const CUDA_EXTERNAL_MEMORY_BUFFER_DESC& wanted, Context& context);
CUresult destroy_external(CUexternalMemory handle);

}  // namespace simcuda::memory

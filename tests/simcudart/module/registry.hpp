// What nvcc's start-up code registers: images, kernels by the address of their host stub, variables by the address of
// their host shadow. An image is loaded into the driver (cuLibraryLoadData) when something of it is first used.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstddef>

namespace simcudart {

// --- what registers --------------------------------------------------------------------------------------------------

/// A new image; the handle stands for it until unregister_image().
void** register_image(const void* wrapper);
void unregister_image(void** handle);
void register_kernel(void** handle, const void* host_function, const char* name);
void register_variable(void** handle, const void* symbol, const char* name);
void register_managed(void** handle, void** pointer, const char* name);

/// Loads the image and sets the host's pointers to its managed variables.
cudaError_t place_managed(void** handle);

// --- what asks -------------------------------------------------------------------------------------------------------

/// The kernel that this host function starts. cudaErrorInvalidDeviceFunction: not registered, or not in its image.
cudaError_t find_kernel(const void* host_function, CUkernel* out);

/// The same as the driver's launch takes it. A kernel handle that the runtime gave out is as good as a host function.
cudaError_t find_function(const void* host_function, CUfunction* out);
void note_handle(CUkernel kernel);

/// Where the variable behind this host symbol lies on the current device, and its size.
cudaError_t find_symbol(const void* symbol, CUdeviceptr* address, std::size_t* bytes);

}  // namespace simcudart

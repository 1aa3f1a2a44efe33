// What a call of the runtime needs before it can call the driver, and what it leaves behind: whether exit() has begun,
// the calling thread's device, the primary contexts, the calling thread's last error.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

namespace simcudart {

// --- errors ----------------------------------------------------------------------------------------------------------

/// The runtime's error for the driver's: the numbers are the same where both know the error.
cudaError_t error_of(CUresult result);
inline cudaError_t error_of(cudaError_t error) { return error; }

/// Sets the calling thread's last error if this is one; returns it.
cudaError_t remember(cudaError_t error);
cudaError_t last_error();
cudaError_t take_last_error();

// --- start and end ---------------------------------------------------------------------------------------------------

/// From now on every call answers cudaErrorCudartUnloading.
void begin_exit();
bool exiting();

/// The driver is there and started.
cudaError_t enter_driver();

/// enter_driver(), and a context is current: the one the program made current itself, or the primary context of the
/// calling thread's device.
cudaError_t enter_context();

// --- devices ---------------------------------------------------------------------------------------------------------

int device_count();
/// The device of the current context, or else the one the thread chose (0 at first).
int current_device();
/// Makes this the thread's device and its primary context the current one.
cudaError_t choose_device(int device);
/// The device's primary context, held by the runtime from the first call on.
CUresult primary_context(int device, CUcontext* out);
/// Destroys the current device's primary context; the next call makes a new one.
cudaError_t reset_device();

/// Flags for the primary context of the thread's device.
cudaError_t set_flags(unsigned flags);

// --- the two shapes of an entry point --------------------------------------------------------------------------------

/// Calls body (CUresult or cudaError_t) with the driver started, and remembers its error.
template <typename Body>
cudaError_t in_driver(Body body) {
  const cudaError_t error = enter_driver();
  return remember(error != cudaSuccess ? error : error_of(body()));
}

/// The same with a context.
template <typename Body>
cudaError_t in_context(Body body) {
  const cudaError_t error = enter_context();
  return remember(error != cudaSuccess ? error : error_of(body()));
}

}  // namespace simcudart

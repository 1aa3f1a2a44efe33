// The driver's header, with every ABI of every function under the name that the driver exports.
#pragma once

#define __CUDA_API_VERSION_INTERNAL
#include <cuda.h>

// What the runtime says on stderr; each line begins with "simcudart:".
#pragma once

#include <cuda_runtime_api.h>

namespace simcudart {

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...);

/// An entry point of the runtime that is not simulated: said once for each name. Always cudaErrorNotSupported.
cudaError_t not_simulated(const char* name);

}  // namespace simcudart

/// The entry points that generate.py makes for what no source defines.
extern "C" cudaError_t simcudart_not_simulated(const char* name);

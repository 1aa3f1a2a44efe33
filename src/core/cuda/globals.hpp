// Variables of modules and libraries that the program has looked up.
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

/// The modules of this context went with it.
void forget_modules_of(const Call& call, std::uint64_t context, engine::CudaEnd how) noexcept;

}  // namespace weir::cuda

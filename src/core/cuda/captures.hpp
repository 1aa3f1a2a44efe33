// Stream captures that the program has open. While there is one, weir asks the driver nothing that could spoil it.
#pragma once

#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

[[nodiscard]] bool is_any_stream_capturing() noexcept;

/// Does work on this stream go into a graph?
[[nodiscard]] bool is_capturing(CUstream stream) noexcept;

}  // namespace weir::cuda

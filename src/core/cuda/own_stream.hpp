// A stream of weir's own in each context, which has nothing but frees in it: cuMemFreeAsync there gives a block of cuMemAlloc
// back as soon as the stream gets to it, and waits for no work of the program's.
//
// CU_STREAM_NON_BLOCKING, made when it is first needed, gone with its context. It is none of the program's streams: no fence
// is put in it (fences.hpp), and no capture is ever open there.
#pragma once

#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

/// Makes the stream of this context, where the driver and the device can free so. Nothing happens while a capture is open.
void make_own_stream(int context) noexcept;
/// Frees a block that no work touches any more. False: it could not be done; nothing has happened. `may_make`: the stream
/// if it is missing.
[[nodiscard]] bool free_in_own_stream(int context, CUdeviceptr block, bool may_make) noexcept;
/// Has all been given back that was freed there? Not known is yes.
[[nodiscard]] bool is_own_stream_done(int context) noexcept;

/// Finds what is called of the driver here.
void find_own_stream_functions() noexcept;

}  // namespace weir::cuda

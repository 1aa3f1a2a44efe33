// The streams that the program has made and not destroyed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

struct KnownStream {
  int context;     ///< its number
  bool is_lonely;  ///< CU_STREAM_NON_BLOCKING: an event in the legacy stream says nothing of its work
};

/// False: nobody knows. `stream` is none of the default ones.
[[nodiscard]] bool find_stream(CUstream stream, KnownStream& found) noexcept;

/// Streams of the context that no event in its legacy stream covers. How many there are; `most` of them at most are written.
[[nodiscard]] std::size_t lonely_streams_of(int context, CUstream* out, std::size_t most) noexcept;

/// The context is gone, with its streams.
void streams_ended_with(int context) noexcept;

// For the wrapper of cuStreamDestroy: the stream is forgotten before, and known again if the driver keeps it.
void forget_stream(CUstream stream) noexcept;
void know_stream(CUstream stream, KnownStream known) noexcept;

}  // namespace weir::cuda

// The drawing of samples: one generator per thread. The engine's own.
#pragma once

#include <cstdint>

#include "core/track/track.hpp"

namespace weir::engine {

/// Written once, before the first draw.
extern constinit track::Sampler g_sampler;

/// `mean` is WEIR_SAMPLE_EVERY.
void begin_draws(std::uint64_t mean) noexcept;

/// Bytes until the calling thread's next sample.
[[nodiscard]] std::uint64_t draw() noexcept;

}  // namespace weir::engine

// The contexts that the program has, and who may reach whose memory. Kept by the wrappers; read without a lock.
#pragma once

#include <cstdint>

#include "core/cuda/driver_api.hpp"

namespace weir::cuda {

inline constexpr std::uint32_t kMostContexts = 128;

/// A context, in a table that never moves. A slot is used again for the same handle only (primary contexts keep theirs).
struct SeenContext {
  std::uint64_t handle;  ///< 0: unused; written last
  std::uint32_t lives;   ///< how often the handle has begun a life
  std::uint32_t is_alive;
  std::uint8_t device;
  std::uint64_t reached_by[kMostContexts / 64];  ///< numbers of contexts that were given access to its memory
};

/// The number of this context, entered when it is new. Not below 0: good. -1: too many, or no context.
[[nodiscard]] int number_of_context(CUcontext context) noexcept;
[[nodiscard]] SeenContext& seen_context(int number) noexcept;
[[nodiscard]] std::uint32_t seen_contexts() noexcept;

/// The current context's number; -1: none.
[[nodiscard]] int current_context() noexcept;

}  // namespace weir::cuda

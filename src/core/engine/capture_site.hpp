// From the caller of an exported function to a site number.
#pragma once

#include <cstdint>

#include "core/engine/engine.hpp"
#include "core/engine/thread_state.hpp"

namespace weir::engine {

/// The site of this caller. When this thread is already inside weir: a fixed site, Untracked for weir's own blocks.
[[nodiscard]] std::uint32_t capture_site(ThreadState& self, const Caller& caller) noexcept;

}  // namespace weir::engine

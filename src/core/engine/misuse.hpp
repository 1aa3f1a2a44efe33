// What the program did wrong with its blocks, for the report's `errors`. Nothing here ends the program.
#pragma once

#include <cstddef>

#include "core/engine/engine.hpp"
#include "core/host/host.hpp"
#include "core/profile/format.hpp"

namespace weir::engine {

/// A free of something that is no live block. The memory stays as it is and is not used again.
void report_bad_free(const void* block, std::size_t class_bytes, const host::TagReading& tag,
                     Caller caller) noexcept;

/// A sized free that states another size than was asked for.
void report_wrong_size(const void* block, std::uint32_t site, std::size_t bytes, std::size_t given_bytes,
                       Caller caller) noexcept;

/// Any other misuse; `times` and `ready` are not the caller's.
void report_misuse(const profile::ErrorRecord& what) noexcept;

/// In a forked child: the parent's misuses are not the child's.
void forget_misuses() noexcept;

}  // namespace weir::engine

// What is done when the process is about to give up rights that weir needs: the profile goes on without.
//
// For the exported functions of preload/seal.cpp. Any thread; harmless in a vfork child; errno stays as it was.
#pragma once

#include <cstdint>

namespace weir::engine {

/// Another user, another root, another namespace: the profile's file may not be found by its path any more.
void before_leaving_files() noexcept;

/// A seccomp filter (struct sock_fprog, in memory that may not be readable), or null for strict mode. Returns what was given
/// up for it, for filter_refused().
[[nodiscard]] std::uint32_t before_filter(const void* filter) noexcept;

/// The kernel did not take the filter: what was given up for it may be done again.
void filter_refused(std::uint32_t given_up) noexcept;

}  // namespace weir::engine

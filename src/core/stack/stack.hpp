// The call stack of whoever called an exported function, as return addresses, youngest first.
//
// Safety: inside malloc, any thread, also in signal handlers; allocates nothing and takes no lock of weir's. The
// caller makes sure that a capture is not entered again on the same thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::stack {

/// Where an exported function was called from: captured at its entry.
struct Caller {
  std::uintptr_t return_address;
};

struct Stack {
  std::span<const std::uintptr_t> pcs;  ///< youngest (the caller's return address) first; at least one
  bool truncated;                       ///< there were older frames than the depth allows
  bool caller_only;                     ///< no unwinder yet, or it failed: only the return address is known
};

inline constexpr std::size_t kMaxDepth = 256;
/// Frames of weir itself that lie between an unwinder and the caller, at most.
inline constexpr std::size_t kMaxOwnFrames = 8;
using Buffer = std::uintptr_t[kMaxDepth + kMaxOwnFrames];

/// Finds the unwinder. Once, when the dynamic loader is ready for dlopen (in a constructor); may allocate.
void begin() noexcept;

/// Name and version of the unwinder in use.
[[nodiscard]] const char* unwinder_name() noexcept;

/// At most `depth` <= kMaxDepth frames, in `buffer`.
[[nodiscard]] Stack capture(const Caller& caller, std::size_t depth, Buffer& buffer) noexcept;

}  // namespace weir::stack

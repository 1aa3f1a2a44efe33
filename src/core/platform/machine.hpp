// How much memory this process may have.
#pragma once

#include <cstdint>

namespace weir::platform {

/// Memory of the machine, or less where the process's control group is limited to less, as in most containers. 0: unknown.
[[nodiscard]] std::uint64_t machine_bytes() noexcept;

/// The number that such a file begins with; ~0: there is no file, or no limit in it ("max").
[[nodiscard]] std::uint64_t limit_in(const char* path) noexcept;

}  // namespace weir::platform

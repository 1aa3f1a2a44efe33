// The process's first environment, read without libc's help: the first malloc may come before libc has set `environ`.
// The engine's own.
#pragma once

#include <string_view>

namespace weir::engine {

/// The environment that the constructor was called with.
void use_environment(char** first) noexcept;

/// Calls `see` for each "NAME=VALUE", as they are now.
void each_environment_entry(void (*see)(std::string_view entry) noexcept) noexcept;

/// Value of a variable; empty when it is not set.
[[nodiscard]] std::string_view environment_value(std::string_view name) noexcept;

/// Takes libweir.so out of LD_PRELOAD, so that programs started from here are not recorded.
void leave_preload_list() noexcept;

/// True if our parent process has libweir.so in its LD_PRELOAD.
[[nodiscard]] bool is_parent_recorded(unsigned parent_pid) noexcept;

}  // namespace weir::engine

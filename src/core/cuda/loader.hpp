// The dynamic loader without our own hooks in between, and the driver that the program has loaded.
#pragma once

namespace weir::cuda {

[[nodiscard]] void* real_dlsym(void* handle, const char* name) noexcept;

/// The definition after ours in the process's global order; null: none.
[[nodiscard]] void* next_symbol(const char* name) noexcept;

/// A symbol of the loaded driver; null: no driver is loaded, or it has none of this name. A driver that was found once
/// stays loaded to the end of the process, since wrappers lead to it.
[[nodiscard]] void* driver_symbol(const char* name) noexcept;

/// What the library of this address and those that it needs define; null: nothing, or the address is in no library.
[[nodiscard]] void* in_scope_of(const void* address, const char* name) noexcept;

/// May a function of this name and address be CUDA's? Not where there is no driver and its library knows none: then
/// a stranger has called its own function so.
[[nodiscard]] bool may_be_drivers(const void* function) noexcept;

}  // namespace weir::cuda

// The objects that the dynamic loader has brought together for the program's start, in the order in which it looks for
// symbols. To be asked while there is one thread: nothing is locked.
#pragma once

#include <string_view>

struct link_map;

namespace weir::platform {

/// The program itself.
[[nodiscard]] const link_map* first_object() noexcept;

/// The first object that defines the function; null: none does.
[[nodiscard]] const link_map* first_with(const char* function) noexcept;

/// The first object whose file's name begins so; null: none.
[[nodiscard]] const link_map* first_named(std::string_view begin) noexcept;

/// Address of a function that the object itself defines; null: it does not.
[[nodiscard]] void* function_of(const link_map& object, const char* name) noexcept;

/// The library that this code is in.
[[nodiscard]] bool is_own(const link_map& object) noexcept;

/// The object's path; empty: the program itself.
[[nodiscard]] std::string_view name_of(const link_map& object) noexcept;

}  // namespace weir::platform

// Who else in this process has a malloc: what weir stays out of, and what it does not see.
#pragma once

namespace weir::engine {

/// Looks for the runtime of a sanitizer that keeps books on the heap itself, for good: with another malloc in front the
/// program would not be checked as it is meant to be, or not run at all. Its name; null: there is none.
[[nodiscard]] const char* find_sanitizer() noexcept;

/// What find_sanitizer() found.
[[nodiscard]] const char* sanitizer() noexcept;

/// Lines in the profile's warnings: whose malloc comes before weir's, or takes its place.
void note_other_allocators() noexcept;

}  // namespace weir::engine

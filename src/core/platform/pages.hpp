// Address space from the kernel, by raw system calls: nothing here allocates, sets errno, or can be
// interposed by the program.
#pragma once

#include <cstddef>

namespace weir::platform {

inline constexpr std::size_t kPageBytes = 4096;

/// Zeroed, private, readable and writable; null when the kernel refuses. Pages cost nothing until touched.
[[nodiscard]] void* map_pages(std::size_t bytes) noexcept;

/// The same for a place that is kept free and of which little may ever be used: core dumps leave it out.
[[nodiscard]] void* reserve_pages(std::size_t bytes) noexcept;

/// Core dumps leave these pages out, until something else is mapped there.
void leave_out_of_dumps(void* base, std::size_t bytes) noexcept;

/// As map_pages(), for a table that is about to be written all over: its pages are there at once, large ones where it is
/// large and the kernel has them.
[[nodiscard]] void* map_table(std::size_t bytes) noexcept;

void unmap(void* base, std::size_t bytes) noexcept;

/// Makes private memory read as zero. Whole pages go back to the kernel: a forked child would otherwise copy each of them
/// only to have it overwritten.
void zero_pages(void* base, std::size_t bytes) noexcept;

/// A page that reads as zero in a forked child, whatever was written before. Null when the kernel cannot.
[[nodiscard]] void* map_wiped_on_fork(std::size_t bytes) noexcept;

}  // namespace weir::platform

// Which ELF object an address lies in, where the loader has no answer that takes no lock: for glibc before 2.35.
//
// dl_iterate_phdr would hold the loader's lock while it calls back, and so would every thread of the program that has called
// it: inside malloc nobody may wait for that. The kernel's list of mappings needs no lock. Of a mapping that holds code
// which stands on the asking thread's stack, the file's first page is mapped as long as the code is; so its ELF header can
// be read. Nothing else is.
//
// What was found is kept: objects in a table that is read without a lock and only grows, and a few ranges that hold code of
// no object (a JIT compiler's), which would be looked for each time.
#pragma once

#include "core/platform/loader.hpp"

namespace weir::platform {

/// As find_object() and find_known_object().
[[nodiscard]] bool find_mapped_object(std::uintptr_t pc, LoadedObject& out) noexcept;
[[nodiscard]] bool find_known_mapped_object(std::uintptr_t at, LoadedObject& out) noexcept;

/// Looks which of the known objects are still mapped; forgets the others, and the ranges of no object.
void forget_unmapped_objects() noexcept;

/// In a forked child, single-threaded.
void reset_mapped_code_lock() noexcept;

}  // namespace weir::platform

// What the dynamic loader has mapped where. Takes none of the loader's locks and allocates nothing: for use inside malloc.
//
// glibc answers itself since 2.35 (_dl_find_object). With an older one the answer is made from what the kernel says of the
// mapping, and from the ELF header that it begins with (mapped_code.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::platform {

struct LoadedObject {
  std::uintptr_t base;              ///< load bias: what is added to the addresses that the file names
  std::uintptr_t begin, end;        ///< the mapping that holds the address that was asked for
  const char* name;                 ///< as the loader, or else the kernel, has it; empty: the program
  const std::uint8_t* frame_index;  ///< .eh_frame_hdr; null: there is none
};

/// The object whose code `pc` is, of a frame that stands on some stack: so it is not unloaded meanwhile. False: none, as
/// code that a compiler has made at run time.
[[nodiscard]] bool find_object(std::uintptr_t pc, LoadedObject& out) noexcept;

/// The same for any address, which may be unloaded at any time. Where glibc does not answer: only what find_object() has
/// found before, and that was still there at the last object_may_be_gone().
[[nodiscard]] bool find_known_object(std::uintptr_t at, LoadedObject& out) noexcept;

/// To be called when objects may have been unloaded. Never with a lock held.
void object_may_be_gone() noexcept;

/// True for code of the dynamic loader itself.
[[nodiscard]] bool is_loader(std::uintptr_t pc) noexcept;

/// Path of the program's file, also where the loader was started as a command and given the program; returns its length, 0
/// where the kernel does not say it.
[[nodiscard]] std::size_t program_path(std::span<char> out) noexcept;

/// To be called once before there are several threads: looks whether glibc answers.
void meet_loader() noexcept;

/// In a forked child, single-threaded.
void reset_loader_lock() noexcept;

/// For tests: as if glibc did not answer.
void do_without_glibcs_answer(bool without) noexcept;

}  // namespace weir::platform

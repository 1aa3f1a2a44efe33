// Finds and interprets the DWARF call frame information of one code address.
#pragma once

#include <cstdint>

#include "core/stack/rule.hpp"

namespace weir::stack {

/// The frame description entry that covers an address, taken apart.
struct FrameEntry {
  const std::uint8_t* initial;  ///< instructions of the common entry: [initial, initial_end)
  const std::uint8_t* initial_end;
  const std::uint8_t* program;  ///< of the frame entry itself
  const std::uint8_t* program_end;
  std::uintptr_t begin;  ///< first address it covers
  std::uint64_t code_align;
  std::int64_t data_align;
  std::uint64_t return_column;
  std::uint8_t pointer_encoding;
  bool is_signal;
};

/// False: no loaded object covers `address`, or it has no (usable) entry for it. Takes no lock of the loader's.
[[nodiscard]] bool find_frame_entry(std::uintptr_t address, FrameEntry& out) noexcept;

/// What the entry says of `address`; false: it says something that we cannot follow.
[[nodiscard]] bool interpret(const FrameEntry& entry, std::uintptr_t address, OddRule& out) noexcept;

}  // namespace weir::stack

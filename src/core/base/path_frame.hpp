// One frame of a stack on its way to being interned.
#pragma once

#include <cstdint>

namespace weir {

struct PathFrame {
  std::uintptr_t pc;     ///< return address
  std::uint32_t hash;    ///< of all the addresses from the oldest frame up to this one
  std::uint32_t node;    ///< what that much of the stack was interned as; 0: not known yet
  std::uint32_t module;  ///< room for whoever interns
};

}  // namespace weir

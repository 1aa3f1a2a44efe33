// Which blocks of CUDA are live, and which were freed lately. Knows nothing of sites but their numbers.
#pragma once

#include <cstdint>

#include "core/ledger/key_table.hpp"
#include "core/ledger/recent_frees.hpp"
#include "core/profile/format.hpp"

namespace weir::ledger {

struct Block {
  std::uint64_t bytes;
  std::uint64_t context;  ///< what takes the block along when it ends; 0: nothing does
  std::uint64_t born;     ///< number of the allocation, from 1
  std::uint32_t site;
  std::uint32_t shares;  ///< how often it was handed out beyond the first time (imported memory)
  profile::Space space;
  profile::MemoryKind kind;
  std::uint8_t device;
  std::uint32_t ending;  ///< the end under way that takes it along; 0: none
};

/// 3 million blocks, in 256 MiB.
using LiveBlocks = KeyTable<Block, std::uint64_t{1} << 22>;

}  // namespace weir::ledger

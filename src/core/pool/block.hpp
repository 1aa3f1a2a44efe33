// One block that a source granted, and what became of it.
//
//                  allocate                 free                      proven unused
//   source ──────────────────→ Live ──────────────────→ Pending ──────────────────→ Idle ──→ Live
//                                └─ strict: Freeing (the thread waits for the device) ─→ Idle ┘
//                                └─ exported, the pool steps aside, its place ends ────────→ source
#pragma once

#include <cstdint>

namespace weir::pool {

class Cache;

enum class State : std::uint8_t {
  Unused,   ///< a node that stands for no block
  Live,     ///< the program has it
  Freeing,  ///< the program is freeing it: a thread waits for the device, outside the lock
  Pending,  ///< freed, not yet proven unused by the device
  Idle,     ///< may be handed out
  Leaving,  ///< being given back to the source, outside the lock
};

/// All use is under the pool's lock. Nodes are never unmapped while the pool lives, but they are used again: who lets go of
/// the lock compares `number`, which no other block has ever had.
struct Block {
  std::uint64_t address;
  std::uint64_t bytes;      ///< what the source granted
  std::uint64_t requested;  ///< what its holder asked for; of a freed one: what the last one did
  std::uint64_t number;     ///< of the block's handing out; another one each time
  std::uint64_t freed;      ///< Pending: number of the free; those that are proven go by it
  Cache* cache;
  Block *next,
      *previous;  ///< Idle: in its bin, newest first; Pending: in order of `freed`; Leaving, Unused: a list by next
  Block *older, *newer;  ///< Idle: in order of use, of all bins
  std::uint32_t bin;
  State state;
  bool is_exported;  ///< others may hold it when the program has freed it: goes back to the source then
  bool is_carved;    ///< part of a slab: the source's own free does not know its address
  std::uint8_t reserved;
};

}  // namespace weir::pool

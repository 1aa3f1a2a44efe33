// jemalloc's extents, one after the other, read from its page map without its locks.
//
// Right in a snapshot of the process (a forked child) and, but for what other threads change at that moment, in place: every
// field is checked against the page's word, and what does not fit is passed over. An extent that is being made, split,
// merged or purged holds no live block.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host/jemalloc_os.hpp"

namespace weir::host {

struct Extent {
  std::uintptr_t address;     ///< of the first block
  std::uint64_t bytes;        ///< of the extent
  std::uint64_t block_bytes;  ///< each block's, its tag included
  std::uint32_t blocks;       ///< places for blocks: 1 in a large extent
  bool is_slab;
  std::uint8_t size_class;  ///< jemalloc's number of it
};

/// False where jemalloc's layout could not be proven: then nothing may be walked.
[[nodiscard]] bool can_walk() noexcept;

class Extents {
 public:
  /// The next one; false: there is none.
  [[nodiscard]] bool next(Extent& extent) noexcept;

 private:
  std::size_t number_ = 0;
  Range range_{};
  std::uintptr_t at_ = 0;
};

}  // namespace weir::host

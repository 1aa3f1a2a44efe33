// The mapping in which core keeps its tables, and the file behind it.
//
// The address range is fixed from the first moment; what stands behind it changes: private memory until a path is
// known, then a file mapped shared. Tables hold plain pointers into it and notice nothing.
//
//   base                 used          grown                        max
//   │ chunks in use       │ in the file │ private memory, not saved   │
//
// The file is not held open: it is found again by its path, and must be the same file (device and inode).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"
#include "core/profile/format.hpp"

namespace weir::profile {

class Map {
 public:
  /// Takes the address range and makes header and directory. `max_bytes` is lowered when the kernel refuses; false:
  /// not even 1 MiB could be had.
  [[nodiscard]] bool begin(std::uint64_t max_bytes) noexcept;

  /// Moves everything into a new file. On failure (a negative errno value) all stays where it was.
  /// Single-threaded, or all writers held: what another thread writes during the move may be lost.
  [[nodiscard]] int move_to(const char* path) noexcept;

  /// After fork: leaves the file to the parent, with a private copy of the chunks that were there at the fork. The parent
  /// works on meanwhile: what it writes to them until now is in the copy, too. False: no memory; then the mapping must
  /// not be written any more.
  [[nodiscard]] bool leave_file() noexcept;

  /// A new zeroed chunk, already listed in the directory; null: the file is full or cannot grow. Takes a lock.
  [[nodiscard]] std::byte* add_chunk(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept;

  /// Drops a chunk from the directory. Its bytes stay readable; single-threaded use only (after fork).
  void drop_chunk(std::uint64_t number) noexcept { entries()[number] = {}; }

  /// Gives back what the file has beyond its last chunk. At the end of the process.
  void trim_file() noexcept;

  [[nodiscard]] Header& header() const noexcept { return *reinterpret_cast<Header*>(base_); }
  [[nodiscard]] ChunkEntry* entries() const noexcept {
    return reinterpret_cast<ChunkEntry*>(base_ + kChunkBytes);
  }
  [[nodiscard]] std::byte* chunk(std::uint64_t number) const noexcept { return base_ + number * kChunkBytes; }
  [[nodiscard]] std::uint64_t used_chunks() const noexcept { return load_relaxed(header().used_chunks); }
  [[nodiscard]] std::uint64_t max_chunks() const noexcept { return max_chunks_; }
  [[nodiscard]] bool exists() const noexcept { return base_ != nullptr; }
  [[nodiscard]] bool has_file() const noexcept { return facts_.inode != 0; }
  [[nodiscard]] const char* path() const noexcept { return path_; }
  [[nodiscard]] platform::Lock& lock() noexcept { return lock_; }

 private:
  [[nodiscard]] bool grow(std::uint64_t chunks) noexcept;
  [[nodiscard]] platform::File reopen() const noexcept;

  std::byte* base_{};
  std::uint64_t max_chunks_{};
  std::uint64_t
      own_chunks_{};  ///< used_chunks() as this process made them; after fork the file's are the parent's
  std::uint64_t grown_chunks_{};  ///< chunks that are in the file; max_chunks_ without a file
  std::uint64_t failed_at_ns_{};  ///< when the file last could not grow
  platform::FileFacts facts_{};   ///< inode 0: no file
  platform::Lock lock_{};
  char path_[4096]{};
};

}  // namespace weir::profile

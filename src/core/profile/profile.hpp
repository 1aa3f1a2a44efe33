// The mapping in which core keeps its tables, and the file behind it.
//
// The address range is fixed from the first moment; what stands behind it changes: private memory until a path is
// known, then a file mapped shared. Tables hold plain pointers into it and notice nothing.
//
//   base             used                 grown                      mapped                       max
//   │ chunks in use   │ has room on disk   │ in the file, without room │ a place, no memory        │
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

  /// The file will soon not be found by its path any more (chroot, setuid): what it takes to grow all the same.
  void prepare_to_lose_path() noexcept;
  [[nodiscard]] bool can_lose_path() const noexcept { return !has_file() || mapped_chunks_ == max_chunks_; }

  /// No call that makes a file grow will be allowed any more (seccomp): room for what is to come is taken now.
  void prepare_to_lose_calls() noexcept;

  /// A new zeroed chunk, already listed in the directory; null: the file is full or cannot grow. Takes a lock.
  [[nodiscard]] std::byte* add_chunk(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept;

  /// Keeps room for a chunk that add_kept_chunk() makes, be the file full by then. False: there is none. Takes a lock.
  [[nodiscard]] bool keep_room() noexcept;
  [[nodiscard]] std::byte* add_kept_chunk(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept;
  /// In a forked child, single-threaded: for how many chunks, as its tables say.
  void set_kept_room(std::uint64_t chunks) noexcept { kept_chunks_ = chunks; }

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
  /// A new file of that name, which nobody sees before all is in it. Not open: it could not be made so; -EEXIST: something
  /// has that name.
  [[nodiscard]] platform::File make_whole(const char* path, std::uint64_t chunks) noexcept;
  /// The same where a file cannot be made without a name: for a moment, who looks finds less than all.
  [[nodiscard]] platform::File make_named(const char* path, std::uint64_t chunks) noexcept;
  /// Room for `chunks`, and what is in use of them. 0, or a negative errno value.
  [[nodiscard]] int fill(const platform::File& file, std::uint64_t chunks) noexcept;
  /// For what is kept, and `more` chunks; takes it on the disk.
  [[nodiscard]] bool has_room(std::uint64_t more) noexcept;
  [[nodiscard]] std::byte* add(ChunkKind kind, std::uint16_t owner, std::uint32_t index) noexcept;
  [[nodiscard]] bool grow(std::uint64_t chunks) noexcept;
  [[nodiscard]] platform::File reopen() const noexcept;
  /// Room on the disk for chunks up to `end`: of what is mapped already; or by the file itself.
  [[nodiscard]] bool populate(std::uint64_t end) noexcept;
  [[nodiscard]] bool extend(const platform::File& file, std::uint64_t end) noexcept;
  void take_spare(const platform::File& file) noexcept;
  [[nodiscard]] bool map_file(const platform::File& file, std::uint64_t first, std::uint64_t end) noexcept;
  [[nodiscard]] bool map_private(std::uint64_t first, std::uint64_t end) noexcept;
  /// Puts private memory, `bytes` of it written, where the mapping is.
  [[nodiscard]] bool put_in_place(void* copy, std::uint64_t bytes) noexcept;

  std::byte* base_{};
  std::uint64_t max_chunks_{};
  std::uint64_t
      own_chunks_{};  ///< used_chunks() as this process made them; after fork the file's are the parent's
  std::uint64_t grown_chunks_{};   ///< chunks that have room in the file; max_chunks_ without a file
  std::uint64_t mapped_chunks_{};  ///< chunks that the file is mapped for; without a file it means nothing
  std::uint64_t kept_chunks_{};    ///< of grown_chunks_, for add_kept_chunk() alone
  std::uint64_t failed_at_ns_{};   ///< when the file last could not grow
  platform::FileFacts facts_{};    ///< inode 0: no file
  platform::Lock lock_{};
  char path_[4096]{};
};

}  // namespace weir::profile

// The memory that CUDA handed out, as blocks of the walk. The caller lists them: the allocator's tables are the driver's.
//
//   word ─┬→ Heap::find         a block of the heap
//         └→ CudaBlocks::find   a block of a device, pinned or managed; also where the word is two digits of an int of Python
//
// A device's addresses are nobody else's in the process, so a word that is one is a pointer wherever it is stored. But in the
// driver's own memory, which holds the address of every block that it ever handed out, it is none: there only blocks of the
// heap are followed. What a device's memory holds is not looked at; what pinned and managed memory holds is, when it is reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/platform/mappings.hpp"
#include "core/walk/careful_reader.hpp"
#include "core/walk/heap.hpp"

namespace weir::walk {

/// Of a block: what is known of the words in it.
enum class Contents : std::uint8_t {
  Device,   ///< not to be looked at
  Missing,  ///< host memory that is not mapped here, or may not be read
  Private,  ///< host memory as any other
  Foreign,  ///< host memory that is shared or a device's: it may fault, and is read through the kernel
};

struct CudaBlock {
  std::uintptr_t address;
  std::uint64_t bytes;
  std::uint32_t site;
  State state;
  Contents contents;
  friend bool operator<(const CudaBlock& a, const CudaBlock& b) noexcept { return a.address < b.address; }
};

class CudaBlocks {
 public:
  /// Once. Room for so many blocks, and for sites below `sites`. False: no memory.
  [[nodiscard]] bool make(std::size_t blocks, std::uint32_t sites) noexcept;
  /// Beyond the room it is left out, and has no verdict.
  void add(std::uintptr_t address, std::uint64_t bytes, std::uint32_t site, bool is_host) noexcept;
  /// Blocks of the heap that this site allocates are the driver's own.
  void add_driver_site(std::uint32_t site) noexcept {
    if (site < sites_) driver_sites_[site] = true;
  }
  /// After the last add(). In place, where nobody's copy of the process looks, foreign memory is left alone: to read managed
  /// memory moves it.
  void begin(bool is_copy) noexcept;

  /// Each of the process's mappings: which blocks lie there, and what is the driver's.
  void note(const platform::Mapping& mapping, std::string_view name) noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] CudaBlock& operator[](std::uint32_t number) const noexcept { return blocks_[number]; }

  /// True if `word` points into a block, or right behind one where none begins and its last page goes on: what begins with a
  /// page of its own may be anybody's.
  [[nodiscard]] bool find(std::uintptr_t word, std::uint32_t& number) const noexcept {
    return word - low_ <= span_ && count_ != 0 && find_in_span(word, number);
  }
  /// The number that Python's int of two digits stores in this word: 30 bits in each half. 0: in none.
  [[nodiscard]] static std::uintptr_t python_int(std::uintptr_t word) noexcept {
    constexpr std::uintptr_t kNotDigits = 0xc0000000c0000000;
    return (word & kNotDigits) != 0 ? 0 : (word & 0x3fffffff) | (word >> 32 << 30);
  }

  [[nodiscard]] bool is_driver_site(std::uint32_t site) const noexcept {
    return site < sites_ && driver_sites_[site];
  }
  /// How far from `at`, up to `end`, memory is the driver's throughout, or nowhere; which of the two is the answer.
  [[nodiscard]] bool is_drivers(std::uintptr_t at, std::uintptr_t end,
                                std::uintptr_t& part_end) const noexcept;

  /// Host memory whose words could not be read.
  void note_unread() noexcept { ++unread_; }
  [[nodiscard]] std::uint64_t unread() const noexcept { return unread_; }
  /// Null: it cannot be had.
  [[nodiscard]] CarefulReader* reader() noexcept { return reader_.works() ? &reader_ : nullptr; }

 private:
  struct Range {
    std::uintptr_t begin, end;
  };
  static constexpr std::uint32_t kMostDrivers = 32;

  [[nodiscard]] bool find_in_span(std::uintptr_t word, std::uint32_t& number) const noexcept;
  /// The number of blocks that begin at or below the address.
  [[nodiscard]] std::uint32_t up_to(std::uintptr_t address) const noexcept;

  Array<CudaBlock> blocks_;
  Array<bool> driver_sites_;
  std::uint32_t count_ = 0, most_ = 0, sites_ = 0;
  std::uintptr_t low_ = 0, span_ = 0;
  Range drivers_[kMostDrivers]{};
  std::uint32_t driver_count_ = 0;
  std::uint64_t unread_ = 0;
  CarefulReader reader_;
};

/// The driver's, or the shared runtime's, by its name: what it allocates is no program's.
[[nodiscard]] bool is_driver_file(std::string_view path) noexcept;

}  // namespace weir::walk

// From words to blocks to the words in them: marks what can be reached.
//
//   word ─→ met_ ─ settle() ─→ block, marked ─→ stack_ ────────────────┬─→ scan_block() ─→ words
//                                            └→ waiting_, when many, ──┘
//                                               by address
//
// A block may be anywhere, and to come to its page costs more than to read it. So many are looked up together, and where many
// wait they are taken in the order of their addresses, in passes over the heap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/walk/cuda_blocks.hpp"
#include "core/walk/heap.hpp"
#include "core/walk/page_filter.hpp"

namespace weir::walk {

class Marker {
 public:
  explicit Marker(Heap& heap) noexcept : heap_{heap} {}

  /// Before begin(): these are blocks, too. It has begun, and must outlive this.
  void follow_too(CudaBlocks& cuda) noexcept { cuda_ = &cuda; }
  /// Before begin(): the program knows what is behind its requests, and may keep pointers there. Else what earlier blocks
  /// left there is nobody's.
  void read_slack() noexcept { reads_slack_ = true; }
  /// Null: there are none.
  [[nodiscard]] CudaBlocks* cuda() const noexcept { return cuda_; }

  /// Once, after Heap::build(). False: no memory.
  [[nodiscard]] bool begin() noexcept {
    room_ = kMany + (cuda_ == nullptr ? 0 : cuda_->count());
    return stack_.make(room_) && waiting_.make(heap_.places() / kBits + 1);
  }

  /// Every aligned word of [begin, end) is a root. The memory is there.
  void scan_roots(std::uintptr_t begin, std::uintptr_t end) noexcept;
  void root(std::uintptr_t word) noexcept;

  /// After the roots: what is still unreached is lost. In order of addresses each such block becomes Lost and what it leads
  /// to LostToo, earlier ones that were Lost, too; so a cycle has one Lost block. Blocks of CUDA come after the heap's.
  void classify() noexcept;

 private:
  static constexpr std::size_t kMany = 8192;  ///< blocks that wait
  static constexpr std::uint32_t kBits = 64;  ///< of a word of waiting_
  static constexpr std::size_t kAhead =
      32;  ///< blocks whose memory is fetched before they are scanned; a power of two
  static constexpr std::size_t kMet = 64;  ///< words that are looked up together
  static constexpr std::size_t kFilterFrom = std::size_t{1} << 20;
  static constexpr std::uint32_t kCuda = UINT32_MAX;  ///< Place.extent of a block of CUDA's

  void follow() noexcept;
  template <class Next>
  void scan_all(Next next) noexcept;
  void spread() noexcept;
  void sweep() noexcept;
  [[nodiscard]] bool take_waiting(Place& at, Place& place) noexcept;
  void begin_with(State& state, Place place) noexcept;
  void scan_block(Place place) noexcept;
  void scan_cuda_block(CudaBlock& block) noexcept;
  /// `counts_cuda`: whether a word there may be a pointer to a block of CUDA's.
  void scan(std::uintptr_t begin, std::uintptr_t end, bool counts_cuda) noexcept;
  void scan_written(std::uintptr_t begin, std::uintptr_t end, bool counts_cuda) noexcept;
  [[nodiscard]] bool scan_copied(std::uintptr_t begin, std::uintptr_t end, CarefulReader& reader) noexcept;
  [[nodiscard]] bool is_behind(std::uintptr_t word, Place place) const noexcept;
  [[nodiscard]] std::uintptr_t gather(std::uintptr_t at, std::uintptr_t end) noexcept;
  void settle() noexcept;
  void meet_cuda(std::uintptr_t word) noexcept;
  void mark(State& state, Place place) noexcept;
  void push(Place place) noexcept;

  Heap& heap_;
  CudaBlocks* cuda_ = nullptr;
  Array<Place> stack_;  ///< kMany of the heap's, or all of CUDA's and fewer
  std::size_t depth_ = 0, room_ = 0;
  Array<std::uint64_t> waiting_;  ///< a bit for each of the heap's places, by rank
  std::size_t waiting_count_ = 0;
  bool is_many_ = false;      ///< blocks of the heap go to waiting_
  std::uintptr_t met_[kMet];  ///< words in the heap's span, not yet looked up
  std::size_t met_count_ = 0;
  bool reads_slack_ = false;
  bool lost_ = false;  ///< the second half: marks are LostToo
  Place leader_{};     ///< the Lost block that is being followed
  PageFilter filter_;
};

}  // namespace weir::walk

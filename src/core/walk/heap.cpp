#include "core/walk/heap.hpp"

namespace weir::walk {

Heap::~Heap() {
  if (root_.data() == nullptr) return;
  for (std::uintptr_t slot = span_.begin >> kLeafShift; slot <= (span_.begin + span_.bytes) >> kLeafShift;
       ++slot)
    if (root_[slot] != nullptr && root_[slot] != no_leaf_.data()) platform::unmap(root_[slot], kLeafBytes);
}

bool Heap::note_pages(const host::Extent& facts, std::uint32_t number) noexcept {
  // A large block may begin anywhere in its extent's first page. The page behind is another's, who may have been noted before.
  const std::uintptr_t end = align_down(facts.address, platform::kPageBytes) + facts.bytes;
  for (std::uintptr_t page = facts.address >> kPageShift; page << kPageShift < end; ++page) {
    std::uint32_t*& leaf = root_[page >> (kLeafShift - kPageShift)];
    if (leaf == nullptr) {
      leaf = static_cast<std::uint32_t*>(platform::map_pages(kLeafBytes));
      if (leaf == nullptr) return false;
    }
    leaf[page & kLeafMask] = number + 1;
  }
  return true;
}

bool Heap::add(const host::Extent& facts, std::uint32_t number, std::uint32_t first_state) noexcept {
  Entry& entry = extents_[number];
  entry.facts = facts;
  entry.first_state = first_state;
  entry.reciprocal = static_cast<std::uint32_t>(divide_up(std::uint64_t{1} << 32, facts.block_bytes));
  if (!note_pages(facts, number)) return false;
  const std::uintptr_t tags = facts.address + facts.block_bytes - host::kTagBytes;
  for (std::uint32_t i = 0; i != facts.blocks; ++i) {
    const std::uint64_t word = __atomic_load_n(
        reinterpret_cast<const std::uint64_t*>(tags + i * facts.block_bytes), __ATOMIC_RELAXED);
    if (word == 0) continue;
    const void* block = reinterpret_cast<const void*>(facts.address + i * facts.block_bytes);
    if (host::tag_fault(block, word) != 0) continue;
    states_[first_state + i] = State::Unreached;
    ++live_;
  }
  return true;
}

bool Heap::build() noexcept {
  if (!host::can_walk()) return false;
  // What appears in between, where others run on, has no room and is left out.
  std::uint64_t extents = 0, places = 0;
  host::Extent facts;
  for (host::Extents all; all.next(facts); ++extents) places += facts.blocks;
  if (places >= UINT32_MAX || !extents_.make_whole(extents) || !states_.make_whole(places) ||
      !root_.make(kRootSlots) || !no_leaf_.make(kLeafBytes / sizeof(std::uint32_t)))
    return false;
  std::uintptr_t low = UINTPTR_MAX, high = 0;
  for (host::Extents all; extent_count_ != extents && all.next(facts);) {
    if (places_ + std::uint64_t{facts.blocks} > places) break;
    if (!add(facts, extent_count_++, places_)) return false;
    places_ += facts.blocks;
    if (facts.address < low) low = facts.address;
    if (facts.address + facts.bytes > high) high = facts.address + facts.bytes;
  }
  if (high <= low) return true;
  span_ = {low, high - low};
  for (std::uintptr_t slot = low >> kLeafShift; slot <= high >> kLeafShift; ++slot)
    if (root_[slot] == nullptr) root_[slot] = no_leaf_.data();
  return true;
}

void Heap::enliven(const void* block) noexcept {
  Place place;
  if (!find(address_of(block), place) || this->block(place) != block) return;
  State& what = state(place);
  if (what != State::Free) return;
  what = State::Unreached;
  ++live_;
}

}  // namespace weir::walk

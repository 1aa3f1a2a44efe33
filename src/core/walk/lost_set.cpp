#include "core/walk/lost_set.hpp"

#include <bit>

namespace weir::walk {
namespace {

constexpr std::size_t kFewest = 1024;

bool is_lost(State state) noexcept { return state == State::Lost || state == State::LostToo; }

template <class See>
void each_lost(const Heap& heap, See see) noexcept {
  for (std::uint32_t extent = 0; extent != heap.extent_count(); ++extent)
    for (std::uint32_t number = 0; number != heap.extent(extent).blocks; ++number)
      if (const Place place{extent, number}; is_lost(heap.state(place))) see(place);
}

}  // namespace

std::size_t LostSet::bytes_for(std::size_t blocks) noexcept {
  return std::bit_ceil(blocks + blocks / 2 + kFewest) * sizeof(std::uintptr_t);
}

std::uintptr_t& LostSet::slot_of(std::uintptr_t block) const noexcept {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;  // Fibonacci hashing
  std::size_t at = (block * kGolden) >> 20 & (count_ - 1);
  while (slots_[at] != 0 && slots_[at] != block) at = (at + 1) & (count_ - 1);
  return slots_[at];
}

void LostSet::note(std::uintptr_t block) noexcept {
  if (used_ == count_ / 4 * 3) return;
  std::uintptr_t& slot = slot_of(block);
  if (slot == 0) ++used_;
  slot = block;
}

void LostSet::note(const Heap& heap) noexcept {
  each_lost(heap, [&](Place place) noexcept { note(address_of(heap.block(place))); });
}

void LostSet::note(const CudaBlocks& cuda) noexcept {
  for (std::uint32_t i = 0; i != cuda.count(); ++i)
    if (is_lost(cuda[i].state)) note(cuda[i].address);
}

void LostSet::forgive(Heap& heap) const noexcept {
  each_lost(heap, [&](Place place) noexcept {
    if (slot_of(address_of(heap.block(place))) == 0) heap.state(place) = State::Unsure;
  });
}

void LostSet::forgive(CudaBlocks& cuda) const noexcept {
  for (std::uint32_t i = 0; i != cuda.count(); ++i)
    if (is_lost(cuda[i].state) && slot_of(cuda[i].address) == 0) cuda[i].state = State::Unsure;
}

}  // namespace weir::walk

#include "core/pool/block_index.hpp"

namespace weir::pool {

bool BlockIndex::insert(Pages pages, Block* block) noexcept {
  if (slots_ != nullptr) {
    Block*& slot = slots_[slot_of(block->address)];
    if (slot != nullptr) {
      slot = block;
      return true;
    }
  }
  if ((used_ + 1) * 2 > slots_count_ && !grow(pages)) return false;
  slots_[slot_of(block->address)] = block;
  ++used_;
  return true;
}

void BlockIndex::erase(std::uint64_t address) noexcept {
  if (slots_ == nullptr) return;
  const std::uint64_t at = slot_of(address);
  if (slots_[at] != nullptr) erase_at(at);
}

void BlockIndex::clear(Pages pages) noexcept {
  Block** const old = slots_;
  const std::uint64_t old_bytes = own_bytes();
  slots_ = nullptr;
  slots_count_ = used_ = 0;
  if (old != nullptr) pages.unmap(old, old_bytes);
}

/// The blocks behind a hole move up, but none to a slot before its home. Looks at no block that is erased already.
void BlockIndex::erase_at(std::uint64_t hole) noexcept {
  const std::uint64_t mask = slots_count_ - 1;
  for (std::uint64_t at = (hole + 1) & mask; slots_[at] != nullptr; at = (at + 1) & mask) {
    const std::uint64_t from_home = (at - home_of(slots_[at]->address)) & mask;
    if (from_home < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = nullptr;
  --used_;
}

bool BlockIndex::grow(Pages pages) noexcept {
  const std::uint64_t count = slots_count_ == 0 ? kFirstSlots : slots_count_ * 2;
  auto** const slots = static_cast<Block**>(pages.map(count * sizeof(Block*)));
  if (slots == nullptr) return false;
  Block** const old = slots_;
  const std::uint64_t old_count = slots_count_;
  slots_ = slots;
  slots_count_ = count;
  for (std::uint64_t at = 0; at != old_count; ++at)
    if (old[at] != nullptr) slots_[slot_of(old[at]->address)] = old[at];
  if (old != nullptr) pages.unmap(old, old_count * sizeof(Block*));
  return true;
}

}  // namespace weir::pool

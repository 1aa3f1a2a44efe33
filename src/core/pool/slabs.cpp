#include "core/pool/slabs.hpp"

#include <bit>
#include <new>

#include "core/base/bits.hpp"

namespace weir::pool {

namespace {

bool has_bit(const std::uint64_t* words, std::uint32_t at) noexcept {
  return (words[at / 64] >> at % 64 & 1) != 0;
}

/// The first position from `at` on whose bit, after inverting by `invert`, is 1; `end`, a multiple of 64: there is none.
std::uint32_t next_bit(const std::uint64_t* words, std::uint32_t at, std::uint32_t end,
                       std::uint64_t invert) noexcept {
  if (at >= end) return end;
  std::uint64_t bits = (words[at / 64] ^ invert) >> at % 64 << at % 64;
  std::uint32_t word = at / 64;
  while (bits == 0) {
    if (++word * 64 >= end) return end;
    bits = words[word] ^ invert;
  }
  return word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
}
std::uint32_t next_one(const std::uint64_t* words, std::uint32_t at, std::uint32_t end) noexcept {
  return next_bit(words, at, end, 0);
}
std::uint32_t next_zero(const std::uint64_t* words, std::uint32_t at, std::uint32_t end) noexcept {
  return next_bit(words, at, end, ~std::uint64_t{0});
}
/// One more than the last position before `at` whose bit is 1; 0: there is none.
std::uint32_t behind_last_one(const std::uint64_t* words, std::uint32_t at) noexcept {
  while (at != 0) {
    const std::uint32_t word = (at - 1) / 64;
    const std::uint64_t bits = words[word] << (63 - (at - 1) % 64) >> (63 - (at - 1) % 64);
    if (bits != 0) return word * 64 + 64 - static_cast<std::uint32_t>(std::countl_zero(bits));
    at = word * 64;
  }
  return 0;
}
void flip(std::uint64_t* words, std::uint32_t from, std::uint32_t to) noexcept {
  while (from != to) {
    const std::uint32_t count = to - from < 64 - from % 64 ? to - from : 64 - from % 64;
    words[from / 64] ^= ~std::uint64_t{0} >> (64 - count) << from % 64;
    from += count;
  }
}

}  // namespace

bool Slabs::carve(std::uint64_t bytes, std::uint64_t& address) noexcept {
  const auto granules = static_cast<std::uint32_t>(divide_up(bytes, kGranule));
  const std::uint32_t step = bytes >= kPageAligned ? 4096 / kGranule : 1;
  std::uint32_t looks = 0;
  for (auto number = static_cast<std::uint32_t>(std::bit_width(granules)) - 1; number != kLists; ++number) {
    Slab* next;
    for (Slab* slab = lists_[number]; slab != nullptr && looks != kMostLooks; slab = next, ++looks) {
      next = slab->next;
      if (slab->room < granules) continue;
      const std::uint32_t at = search(*slab, granules, step);
      if (at != kGranules) {
        address = take(*slab, at, granules);
        return true;
      }
      unlist(*slab);  // search() has found out what it has
      list(*slab);
    }
    looks = looks < kMostLooks / 2 ? looks : kMostLooks / 2;  // the longer ranges are looked at in any case
  }
  return false;
}

/// Where there are so many free granules, from a multiple of `step` on; kGranules: nowhere, and `room` is what there is.
std::uint32_t Slabs::search(Slab& slab, std::uint32_t granules, std::uint32_t step) noexcept {
  std::uint32_t longest = 0;
  for (std::uint32_t from = next_zero(slab.used, 0, kGranules); from != kGranules;) {
    const std::uint32_t to = next_one(slab.used, from, kGranules);
    const auto at = static_cast<std::uint32_t>(align_up(from, step));
    if (at + granules <= to) return at;
    if (to - from > longest) longest = to - from;
    from = next_zero(slab.used, to, kGranules);
  }
  slab.room = longest;
  return kGranules;
}

std::uint64_t Slabs::take(Slab& slab, std::uint32_t at, std::uint32_t granules) noexcept {
  flip(slab.used, at, at + granules);
  flip(slab.begins, at, at + 1);
  slab.used_granules += granules;
  carved_granules_ += granules;
  const std::uint32_t left = kGranules - slab.used_granules;
  set_room(slab, slab.room < left ? slab.room : left);
  return slab.base + std::uint64_t{at} * kGranule;
}

std::uint64_t Slabs::give_back(std::uint64_t address) noexcept {
  Slab* const slab = slab_at(address);
  if (slab == nullptr || !begins(address)) return 0;
  const auto at = static_cast<std::uint32_t>((address - slab->base) / kGranule);
  const std::uint32_t next = next_one(slab->begins, at + 1, kGranules);
  const std::uint32_t next_free = next_zero(slab->used, at, kGranules);
  const std::uint32_t to = next < next_free ? next : next_free;
  flip(slab->used, at, to);
  flip(slab->begins, at, at + 1);
  slab->used_granules -= to - at;
  carved_granules_ -= to - at;
  const std::uint32_t range = next_one(slab->used, to, kGranules) - behind_last_one(slab->used, at);
  set_room(*slab, slab->room > range ? slab->room : range);
  const bool is_only_empty = slab->is_listed && slab->next == nullptr && slab->previous == nullptr;
  if (slab->used_granules != 0 || is_only_empty) return 0;
  const std::uint64_t base = slab->base;
  remove(*slab);
  return base;
}

void Slabs::seal(std::uint64_t address) noexcept {
  Slab* const slab = slab_at(address);
  if (slab == nullptr || slab->used_granules == 0) return;
  unlist(*slab);
  slab->is_sealed = true;
}

bool Slabs::is_sealed(std::uint64_t address) const noexcept {
  const Slab* const slab = slab_at(address);
  return slab != nullptr && slab->is_sealed;
}

void Slabs::add_sealed(Pages pages, std::uint64_t base) noexcept {
  if (!add(pages, base)) return;
  Slab* const slab = slab_at(base);
  unlist(*slab);
  slab->is_sealed = true;
}

std::uint64_t Slabs::take_empty() noexcept {
  Slab* const slab = lists_[kLists - 1];
  if (slab == nullptr) return 0;
  const std::uint64_t base = slab->base;
  remove(*slab);
  return base;
}

void Slabs::lose_all() noexcept {
  while (count_ != 0) remove(*by_address_[count_ - 1]);
  carved_granules_ = 0;
}

bool Slabs::find(std::uint64_t address, Carved& carved) const noexcept {
  const Slab* const slab = slab_at(address);
  if (slab == nullptr) return false;
  carved = {slab->base, 0, 0};
  const auto at = static_cast<std::uint32_t>((address - slab->base) / kGranule);
  if (!has_bit(slab->used, at)) return true;
  const std::uint32_t from = behind_last_one(slab->begins, at + 1) - 1;
  const std::uint32_t next = next_one(slab->begins, at + 1, kGranules);
  const std::uint32_t next_free = next_zero(slab->used, at, kGranules);
  carved.base = slab->base + std::uint64_t{from} * kGranule;
  carved.bytes = std::uint64_t{(next < next_free ? next : next_free) - from} * kGranule;
  return true;
}

bool Slabs::begins(std::uint64_t address) const noexcept {
  const Slab* const slab = slab_at(address);
  if (slab == nullptr || (address - slab->base) % kGranule != 0) return false;
  return has_bit(slab->begins, static_cast<std::uint32_t>((address - slab->base) / kGranule));
}

bool Slabs::add(Pages pages, std::uint64_t base) noexcept {
  if (!make_place(pages)) return false;
  Slab* const slab = new_node(pages);
  if (slab == nullptr) return false;
  *slab = {};
  slab->base = base;
  slab->room = kGranules;
  std::uint64_t at = count_++;
  for (; at != 0 && by_address_[at - 1]->base > base; --at) by_address_[at] = by_address_[at - 1];
  by_address_[at] = slab;
  list(*slab);
  return true;
}

void Slabs::remove(Slab& slab) noexcept {
  unlist(slab);
  for (std::uint64_t at = place_of(slab.base) + 1; at != count_; ++at) by_address_[at - 1] = by_address_[at];
  --count_;
  slab.next = unused_;
  unused_ = &slab;
}

/// How many slabs begin before `base`.
std::uint64_t Slabs::place_of(std::uint64_t base) const noexcept {
  std::uint64_t from = 0, to = count_;
  while (from != to) {
    const std::uint64_t middle = from + (to - from) / 2;
    if (by_address_[middle]->base < base)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

Slabs::Slab* Slabs::slab_at(std::uint64_t address) const noexcept {
  const std::uint64_t before = place_of(address + 1);  // those that begin at it or before
  if (before == 0) return nullptr;
  Slab* const slab = by_address_[before - 1];
  return address - slab->base < kSlabBytes ? slab : nullptr;
}

void Slabs::list(Slab& slab) noexcept {
  if (slab.room == 0 || slab.is_sealed) return;
  Slab*& first = lists_[std::bit_width(slab.room) - 1];
  slab.previous = nullptr;
  slab.next = first;
  if (first != nullptr) first->previous = &slab;
  first = &slab;
  slab.is_listed = true;
}

void Slabs::unlist(Slab& slab) noexcept {
  if (!slab.is_listed) return;
  // Its room may be another by now: the first of a list is found by looking.
  if (slab.previous != nullptr)
    slab.previous->next = slab.next;
  else
    for (Slab*& first : lists_)
      if (first == &slab) first = slab.next;
  if (slab.next != nullptr) slab.next->previous = slab.previous;
  slab.is_listed = false;
}

void Slabs::set_room(Slab& slab, std::uint32_t room) noexcept {
  const bool stays = slab.is_listed && std::bit_width(room) == std::bit_width(slab.room);
  if (!stays) unlist(slab);
  slab.room = room;
  if (!stays) list(slab);
}

Slabs::Slab* Slabs::new_node(Pages pages) noexcept {
  if (unused_ == nullptr) {
    auto* const page = static_cast<Slab*>(pages.map(kNodePage));
    if (page == nullptr) return nullptr;
    own_bytes_ += kNodePage;
    for (std::size_t at = kNodePage / sizeof(Slab); at-- != 0;) {
      Slab* const slab = ::new (page + at) Slab{};
      slab->next = unused_;
      unused_ = slab;
    }
  }
  Slab* const slab = unused_;
  unused_ = slab->next;
  return slab;
}

/// Room for one more in by_address_.
bool Slabs::make_place(Pages pages) noexcept {
  if (count_ != capacity_) return true;
  const std::uint64_t capacity = capacity_ == 0 ? 512 : capacity_ * 2;
  auto** const grown = static_cast<Slab**>(pages.map(capacity * sizeof(Slab*)));
  if (grown == nullptr) return false;
  for (std::uint64_t at = 0; at != count_; ++at) grown[at] = by_address_[at];
  if (by_address_ != nullptr) pages.unmap(by_address_, capacity_ * sizeof(Slab*));
  own_bytes_ += (capacity - capacity_) * sizeof(Slab*);
  by_address_ = grown;
  capacity_ = capacity;
  return true;
}

}  // namespace weir::pool

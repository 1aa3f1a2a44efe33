#include "core/stack/rules.hpp"

#include "core/stack/frame_info.hpp"

namespace weir::stack {
namespace {

/// The rules that nearly all code has.
bool is_plain(const OddRule& rule, Rule& out) noexcept {
  if (rule.is_signal || rule.cfa.is_address) return false;
  if (rule.pc.base != From::Cfa || !rule.pc.is_address || rule.pc.offset != -8) return false;
  if (rule.cfa.offset < 8 || rule.cfa.offset % 8 != 0 || rule.cfa.offset / 8 > 0x1ff) return false;
  std::int32_t slot = 0;
  if (rule.rbp.base == From::Cfa && rule.rbp.is_address) {
    slot = -rule.rbp.offset / 8;
    if (rule.rbp.offset % 8 != 0 || slot < 1 || slot > 0x3f) return false;
  } else if (rule.rbp.base != From::Unchanged && rule.rbp.base != From::Nowhere) {
    return false;
  }
  out = {rule.cfa.base == From::Rsp ? RuleKind::FromRsp : RuleKind::FromRbp,
         static_cast<std::uint16_t>(rule.cfa.offset / 8), static_cast<std::uint8_t>(slot)};
  return true;
}

}  // namespace

void Rules::place(Table& table, std::uint64_t word) noexcept {
  std::uint64_t i = hash(word >> 17) >> table.shift;
  while (table.words()[i & table.mask] != 0) ++i;
  store_release(table.words()[i & table.mask], word);
}

bool Rules::make_room() noexcept {
  if (table_ != nullptr && (used_ + 1) * 2 <= table_->mask + 1) return true;
  const std::uint64_t bits = table_ == nullptr ? kFirstBits : 65 - table_->shift;
  const std::uint64_t slots = std::uint64_t{1} << bits;
  const std::size_t bytes = sizeof(Table) + slots * sizeof(std::uint64_t);
  auto* bigger = static_cast<Table*>(platform::map_table(bytes));
  if (bigger == nullptr) return false;
  own_bytes_ += bytes;
  bigger->mask = slots - 1;
  bigger->shift = 64 - bits;
  for (std::uint64_t i = 0; table_ != nullptr && i <= table_->mask; ++i)
    if (table_->words()[i] != 0) place(*bigger, table_->words()[i]);
  store_release(table_,
                bigger);  // release: readers see a whole table; the old one stays for those still in it
  return true;
}

bool Rules::pack(const OddRule& rule, Rule& out) noexcept {
  if (rule.pc.base == From::Nowhere) {
    out = {RuleKind::Last, 0, 0};
    return true;
  }
  if (is_plain(rule, out)) return true;
  if (odd_ == nullptr) odd_ = static_cast<OddRule*>(platform::map_pages(kMaxOdd * sizeof(OddRule)));
  if (odd_ == nullptr) return false;
  std::uint32_t i = 0;
  while (i != odd_used_ && !(odd_[i] == rule)) ++i;
  if (i == kMaxOdd) return false;
  if (i == odd_used_) odd_[odd_used_++] = rule;
  out = {RuleKind::Odd, static_cast<std::uint16_t>(i >> 6), static_cast<std::uint8_t>(i & 0x3f)};
  return true;
}

std::uint64_t Rules::learn(std::uintptr_t address) noexcept {
  FrameEntry entry;
  OddRule rule;
  if (address >> 47 != 0 || !find_frame_entry(address, entry)) return 0;
  if (!interpret(entry, address, rule)) return kNotFollowed;
  const platform::Holding hold{lock_};
  const std::uint64_t known = find(address);
  if (known != 0) return known;
  Rule packed;
  if (!make_room() || !pack(rule, packed)) return kNotFollowed;
  const std::uint64_t word = static_cast<std::uint64_t>(address) << 17 | packed.packed();
  place(*table_, word);
  ++used_;
  return word;
}

void Rules::clear() noexcept {
  const platform::Holding hold{lock_};
  for (std::uint64_t i = 0; table_ != nullptr && i <= table_->mask; ++i)
    store_relaxed(table_->words()[i], std::uint64_t{0});  // in place: a reader in the table learns again
  used_ = 0;
}

}  // namespace weir::stack

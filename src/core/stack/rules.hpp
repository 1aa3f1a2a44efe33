// The rule of each code address that was ever met, found without a lock.
//
//   one word a rule:  address:47 │ kind:2 cfa:9 rbp:6
//
// An address here is one inside the calling instruction: return address - 1, or the exact address of an interrupted
// instruction.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"
#include "core/stack/rule.hpp"

namespace weir::stack {

class Rules {
 public:
  /// The rules as one table has them, for several questions in a row. It does not see what is learnt into a later table.
  class View {
   public:
    /// Word of `address`, or 0.
    [[nodiscard]] std::uint64_t find(std::uintptr_t address) const noexcept {
      for (std::uint64_t i = hash(address) >> shift_;; ++i) {
        const std::uint64_t word = load_relaxed(words_[i & mask_]);  // one word is whole or absent
        if (word >> 17 == address || word == 0) return word;
      }
    }

   private:
    friend Rules;
    const std::uint64_t* words_;
    std::uint64_t mask_, shift_;
  };
  [[nodiscard]] View view() const noexcept {
    static constexpr std::uint64_t kNone[1]{};
    View view;
    const Table* table = load_acquire(table_);  // acquire: pairs with the release in make_room()
    view.words_ = table == nullptr ? kNone : table->words();
    view.mask_ = table == nullptr ? 0 : table->mask;
    view.shift_ = table == nullptr ? 63 : table->shift;
    return view;
  }

  /// Word of `address`, or 0.
  [[nodiscard]] std::uint64_t find(std::uintptr_t address) const noexcept { return view().find(address); }

  /// Learns the rule of `address` from its call frame information. 0: it has none (JIT code; never remembered, as such
  /// code changes). kNotFollowed: what it has cannot be followed, or there is no room to keep it.
  static constexpr std::uint64_t kNotFollowed = 1;  // no rule's word: its address would be 0
  [[nodiscard]] std::uint64_t learn(std::uintptr_t address) noexcept;

  [[nodiscard]] const OddRule& odd(Rule rule) const noexcept {
    return odd_[static_cast<std::size_t>(rule.cfa) << 6 | rule.rbp_slot];
  }

  /// Forgets all, when the code at some addresses may have changed.
  void clear() noexcept;
  void reset_lock() noexcept { lock_.reset(); }
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return own_bytes_; }

 private:
  struct Table {
    std::uint64_t mask;
    std::uint64_t shift;
    std::uint64_t* words() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
    [[nodiscard]] const std::uint64_t* words() const noexcept {
      return reinterpret_cast<const std::uint64_t*>(this + 1);
    }
  };
  static constexpr unsigned kFirstBits = 12;
  static constexpr std::uint32_t kMaxOdd =
      1U << 12;  // fewer than the 15 bits of a word can name: each is 40 bytes

  static std::uint64_t hash(std::uintptr_t address) noexcept { return address * 0x9e3779b97f4a7c15ULL; }
  static void place(Table& table, std::uint64_t word) noexcept;
  [[nodiscard]] bool make_room() noexcept;
  [[nodiscard]] bool pack(const OddRule& rule, Rule& out) noexcept;

  Table* table_{};
  std::uint64_t used_{};
  std::uint64_t own_bytes_{};
  std::uint32_t odd_used_{};
  OddRule* odd_{};
  platform::Lock lock_{};
};

}  // namespace weir::stack

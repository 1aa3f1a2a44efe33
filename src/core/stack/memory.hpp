// What one thread remembers of stacks it has captured, so that the same stack is recognised without a walk.
//
// A record lists, from the youngest frame to the oldest, every stack word on which the walk depended: where it lies
// (relative to the caller's slot, so a record serves any depth, thread and fiber) and what it was:
//
//   record │ meaning │ count, kind │ live rbp │ item │ item │ …      item = value:47 relative:1 word offset:16
//
// A return address is compared as it is, a saved frame pointer relative to the slot. Reading them again in this order
// proves the stack: frame k being as recorded fixes the rule by which frame k+1's words are found, and those are
// compared next. No word is read unless all younger ones agreed, so nothing is read that is not part of the stack.
//
// A record is found by prediction: return address, slot, and what the thread's previous stack meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/stack/readable.hpp"
#include "core/stack/stack.hpp"

namespace weir::stack {

inline constexpr unsigned kOffsetBits = 16, kValueShift = kOffsetBits + 1;
inline constexpr std::uint64_t kRelative = std::uint64_t{1} << kOffsetBits;

/// The items of the stack being walked.
struct Trail {
  static constexpr std::size_t kMost = 3 * kMaxDepth + 8;

  std::uintptr_t slot;     ///< the caller's
  std::uint64_t live_rbp;  ///< the caller's rbp relative to slot
  std::size_t count;
  bool has_relative, uses_live_rbp;
  bool is_whole;  ///< false: something cannot be put into an item
  std::uint64_t items[kMost];

  void begin(const Caller& caller) noexcept {
    slot = reinterpret_cast<std::uintptr_t>(caller.slot);
    live_rbp = caller.rbp - slot;
    count = 0;
    has_relative = uses_live_rbp = false;
    is_whole = true;
  }
  void add_word(std::uintptr_t at, std::uintptr_t value) noexcept { add(at, value, 0); }
  void add_pointer(std::uintptr_t at, std::uintptr_t value) noexcept {
    has_relative = true;
    add(at, value - slot, kRelative);
  }

 private:
  void add(std::uintptr_t at, std::uintptr_t value, std::uint64_t relative) noexcept {
    const std::uintptr_t words = (at - slot) / sizeof(std::uintptr_t);
    if (at < slot || words >> kOffsetBits != 0 || value >> 47 != 0 || count == kMost) {
      is_whole = false;
      return;
    }
    items[count++] = value << kValueShift | relative | words;
  }
};

class Memory {
 public:
  /// What the caller's stack means, or 0: not recognised.
  [[nodiscard]] std::uint32_t recall(const Caller& caller) noexcept {
    key_ = key_of(caller);
    const Ways& ways = ways_[key_];
    for (const std::uint32_t at : ways.record)  // in a fixed order: branch prediction learns it
      if (at != 0 && verify(*record_at(at), caller)) return previous_ = record_at(at)->meaning;
    return 0;
  }

  /// The stack last captured means `meaning`. Kept only when it comes again: what comes once would push out the rest.
  void remember(const Caller& caller, std::uint32_t meaning) noexcept {
    previous_ = meaning;
    if (candidate_[key_] == meaning)
      insert(caller, meaning);
    else
      candidate_[key_] = meaning;
  }

  /// After what stacks mean, or how code lays out its frames, has changed.
  void forget() noexcept;

  Trail trail;
  Buffer pcs;
  KnownStack known;
  std::uint64_t code_generation;
  Memory* next_free;

 private:
  static constexpr unsigned kWayBits = 12;
  static constexpr std::size_t kEntries = std::size_t{1} << kWayBits;
  static constexpr std::size_t kShared = 4096;
  static constexpr std::size_t kRingWords = 128 << 10;  // 1 MiB, touched as it fills

  struct Record {
    std::uint32_t meaning;
    std::uint16_t count;  ///< a multiple of 4: the last item is repeated
    bool has_relative, uses_live_rbp;
    std::uint64_t live_rbp;
    [[nodiscard]] const std::uint64_t* items() const noexcept {
      return reinterpret_cast<const std::uint64_t*>(this + 1);
    }
    std::uint64_t* items() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
  };
  static_assert(sizeof(Record) == 16);
  struct Ways {
    std::uint32_t record[2];  ///< word offset in ring_; 0: none
  };
  struct Shared {
    std::uint32_t meaning, record;
  };

  [[nodiscard]] std::size_t key_of(const Caller& caller) const noexcept {
    const auto slot = reinterpret_cast<std::uintptr_t>(caller.slot);
    const std::uint64_t mixed = (caller.return_address() ^ (slot << 20) ^ (std::uint64_t{previous_} << 40)) +
                                std::uint64_t{previous_} * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>((mixed ^ slot) * 0xbf58476d1ce4e5b9ULL >> (64 - kWayBits));
  }
  [[nodiscard]] Record* record_at(std::uint32_t at) noexcept { return reinterpret_cast<Record*>(ring_ + at); }

  [[gnu::always_inline]] static bool verify(const Record& record, const Caller& caller) noexcept {
    const auto slot = reinterpret_cast<std::uintptr_t>(caller.slot);
    if (record.uses_live_rbp && caller.rbp - slot != record.live_rbp) return false;
    return record.has_relative ? verify_mixed(record, caller.slot) : verify_words(record, caller.slot);
  }
  [[gnu::always_inline]] static bool verify_words(const Record& record, const std::uintptr_t* slot) noexcept {
    const std::uint64_t* item = record.items();
    const std::uint64_t* end = item + record.count;
    const auto agrees = [slot](std::uint64_t i) { return slot[i & 0xffff] == i >> kValueShift; };
    for (; item != end; item += 4)
      if (!agrees(item[0]) || !agrees(item[1]) || !agrees(item[2]) || !agrees(item[3])) return false;
    return true;
  }
  static bool verify_mixed(const Record& record, const std::uintptr_t* slot) noexcept {
    const auto base = reinterpret_cast<std::uintptr_t>(slot);
    const std::uint64_t* item = record.items();
    const std::uint64_t* end = item + record.count;
    const auto agrees = [slot, base](std::uint64_t i) {
      const std::uintptr_t relative = (i & kRelative) != 0 ? base : 0;
      return slot[i & 0xffff] - relative == i >> kValueShift;
    };
    for (; item != end; item += 4)
      if (!agrees(item[0]) || !agrees(item[1]) || !agrees(item[2]) || !agrees(item[3])) return false;
    return true;
  }

  void insert(const Caller& caller, std::uint32_t meaning) noexcept;
  [[nodiscard]] std::uint32_t make_record(std::uint32_t meaning) noexcept;

  std::size_t key_;
  std::uint32_t previous_;
  std::uint32_t ring_used_;  ///< words; 0 is not a record
  Ways ways_[kEntries];
  std::uint32_t candidate_[kEntries];
  Shared shared_[kShared];  ///< one record for a meaning under many histories
  std::uint64_t ring_[kRingWords];
};

/// A thread's memory, zeroed or another ended thread's; null: the kernel refuses.
[[nodiscard]] Memory* take_memory() noexcept;
void give_back_memory(Memory* memory) noexcept;

/// Counts forget_code(): a memory with another number must forget first.
[[nodiscard]] std::uint64_t code_generation() noexcept;

}  // namespace weir::stack

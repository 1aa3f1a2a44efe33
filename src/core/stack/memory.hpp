// What one thread remembers of stacks it has captured, so that the same stack is recognised without a walk.
//
// A record lists, from the youngest frame to the oldest, every stack word on which the walk depended: where it lies
// (in words above the caller's rbp, so a record serves any depth, thread and fiber) and what it was:
//
//   record │ meaning │ count │ anchor │ offset:16 … │ word │ word │ …
//
// Reading them again in this order proves the stack: frame k being as recorded fixes the rule by which frame k+1's words
// are found, and those are compared next. No word is read unless all younger ones agreed, so nothing is read that is not
// part of the stack. Where saved frame pointers are among the words, the record holds only for the very same slot.
//
// A record is found by prediction: return address, slot, and what the thread's previous stack meant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/path_frame.hpp"
#include "core/stack/readable.hpp"
#include "core/stack/stack.hpp"
#include "core/stack/trace.hpp"

namespace weir::stack {

class Memory {
 public:
  /// What the caller's stack means, or 0: not recognised.
  [[nodiscard, gnu::noinline]] std::uint32_t recall(Caller caller) noexcept {
    // In a fixed order: branch prediction learns it.
    const std::size_t key = key_of(caller);
    const Record& record = record_at(ways_[key].record[0]);
    if (!agrees(record, caller.slot)) [[unlikely]]
      return recall_second(caller, key);
    return previous_ = record.meaning;
  }

  /// The stack last captured means `meaning`. Kept only when it comes again: what comes once would push out the rest.
  void remember(Caller caller, std::uint32_t meaning) noexcept {
    std::uint32_t& candidate = candidate_[key_of(caller)];
    if (candidate == meaning)
      insert(caller, meaning);
    else
      candidate = meaning;
    previous_ = meaning;
  }

  /// Forgets all, if what stacks mean, or how code lays out its frames, has changed since the last time.
  void catch_up() noexcept;
  void forget() noexcept;

  Frame* frames;  ///< of the last capture, youngest first
  std::size_t frame_count;
  std::uintptr_t
      end_at;  ///< the word above the oldest frame that says that there is no other; 0: its rule does
  static constexpr std::uintptr_t kCut = 1;  ///< for end_at: older frames were left out
  std::uint32_t skip_deep;                   ///< captures that shall not look beyond the wanted depth
  std::size_t path_count;                    ///< frames that are there, beyond frame_count too
  bool path_was_new;                         ///< the last path that was interned had not been there yet
  KnownStack known;
  std::uint64_t code_generation;
  Memory* next_free;
  // What a thread with few stacks touches lies close together.
  Trace last;                    ///< the stack last walked to its end
  Frame young[Trace::kMost];     ///< of the present walk, youngest first
  PathFrame path[Trace::kMost];  ///< room for path_of()

 private:
  static constexpr unsigned kWayBits = 12;
  static constexpr std::size_t kEntries = std::size_t{1} << kWayBits;
  static constexpr std::size_t kShared = 4096;
  static constexpr std::size_t kRingWords = 128 << 10;  // 1 MiB, touched as it fills
  static constexpr std::size_t kMostItems = 1024;
  static constexpr std::size_t kMostTwins = 254;

  /// Its items are, in this order, single words, twins (two words side by side: a saved rbp and the return address above
  /// it, which is what a frame with a frame pointer is made of), and single words again. Offsets, then words.
  struct Record {
    std::uint32_t meaning;
    std::uint16_t singles;  ///< a multiple of 4: the last one is repeated
    std::uint8_t twins;     ///< a multiple of 2, likewise
    std::uint8_t last_singles;
    std::uintptr_t anchor;  ///< the only slot that it holds for; 0: any, then it has no twins; kNever: none
    [[nodiscard]] std::size_t items() const noexcept { return singles + twins + last_singles; }
    [[nodiscard]] const std::uint32_t* offset_pairs() const noexcept {
      return reinterpret_cast<const std::uint32_t*>(this + 1);
    }
    [[nodiscard]] const std::uint64_t* words() const noexcept {
      return reinterpret_cast<const std::uint64_t*>(offset_pairs() + (items() + 3) / 4 * 2);
    }
  };
  static_assert(sizeof(Record) == 16);
  static constexpr std::uintptr_t kNever = 1;  // no slot has this address
  /// What a record is made from, youngest first.
  struct Items {
    std::size_t count;
    bool anchored;
    struct Item {
      std::uint64_t word;
      std::uint16_t offset;
    };
    Item item[kMostItems];

    bool add(std::uintptr_t offset, std::uint64_t word) noexcept;
    /// The word after this one lies just below it.
    [[nodiscard]] bool is_twin(std::size_t i) const noexcept {
      return i + 1 < count && item[i + 1].offset + 1 == item[i].offset;
    }
  };
  struct Ways {
    std::uint32_t record[2];  ///< word offset in ring_; 0: one that agrees with nothing
  };
  struct Shared {
    std::uint32_t meaning, record;
  };

  [[nodiscard]] std::size_t key_of(Caller caller) const noexcept {
    const auto slot = reinterpret_cast<std::uintptr_t>(caller.slot);
    const std::uint64_t mixed = caller.return_address() << 20 ^ slot ^ std::uint64_t{previous_} << 40;
    return static_cast<std::size_t>(mixed * 0xbf58476d1ce4e5b9ULL >> (64 - kWayBits));
  }
  [[nodiscard]] const Record& record_at(std::uint32_t at) const noexcept {
    return *reinterpret_cast<const Record*>(ring_ + at);
  }

  /// Single words, from `pair` up to `end`: four at a time.
  [[gnu::always_inline]] static bool singles_agree(const std::uint32_t* pair, const std::uint32_t* end,
                                                   const std::uint64_t* word,
                                                   const std::uintptr_t* base) noexcept {
    const auto both = [base](std::uint32_t offsets, const std::uint64_t* words) {
      return __builtin_expect(base[offsets & 0xffff] == words[0], 1) != 0 &&
             __builtin_expect(base[offsets >> 16] == words[1], 1) != 0;
    };
    for (; pair != end; pair += 2, word += 4) {
      if (!both(pair[0], word)) [[unlikely]]
        return false;
      if (!both(pair[1], word + 2)) [[unlikely]]
        return false;
    }
    return true;
  }
  [[gnu::always_inline]] static bool agrees(const Record& record, const std::uintptr_t* slot) noexcept {
    if (record.anchor != 0) [[unlikely]]
      return agrees_anchored(record, slot);
    const std::uint32_t* end = record.offset_pairs() + record.singles / 2;
    return singles_agree(record.offset_pairs(), end, reinterpret_cast<const std::uint64_t*>(end), slot - 1);
  }
  [[gnu::noinline]] static bool agrees_anchored(const Record& record, const std::uintptr_t* slot) noexcept;

  [[nodiscard, gnu::noinline]] std::uint32_t recall_second(Caller caller, std::size_t key) noexcept {
    const Record& record = record_at(ways_[key].record[1]);
    return agrees(record, caller.slot) ? previous_ = record.meaning : 0;
  }

  friend Memory* take_memory() noexcept;
  void insert(Caller caller, std::uint32_t meaning) noexcept;
  [[nodiscard]] bool list_items(Caller caller) noexcept;
  [[nodiscard]] std::uint32_t make_record(Caller caller, std::uint32_t meaning) noexcept;

  std::uint32_t previous_;
  std::uint32_t ring_touched_;  ///< the most that ring_used_ ever was
  std::uint32_t ring_used_;     ///< words; below kHeaderWords: none
  // forget() takes these three for one piece.
  Ways ways_[kEntries];
  std::uint32_t candidate_[kEntries];
  Shared shared_[kShared];  ///< one record for a meaning under many histories
  std::uint64_t ring_[kRingWords];

  Items items_;  ///< of the record being made
};

/// A thread's memory, zeroed or another ended thread's; null: the kernel refuses.
[[nodiscard]] Memory* take_memory() noexcept;
void give_back_memory(Memory* memory) noexcept;

/// Counts forget_code(): a memory with another number must forget first.
[[nodiscard]] std::uint64_t code_generation() noexcept;

}  // namespace weir::stack

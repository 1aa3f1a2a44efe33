// The tag in the last bytes of every recorded block: whose it is, and that it lives.
//
//   block                                        block + class bytes
//   │ request                │ slack │ [request] │ site:24 slack:12 check:28 │
//   └────────────────────────┴───────┴───────────┴───────────────────────────┘
//                                       8 bytes    8 bytes
//
// `slack` is the number of bytes between the request and the tag. Where it does not fit 12 bits the field says
// kLongSlack, and the request stands in the word before the tag, which the slack itself makes room for. So a tag never
// costs more than 8 bytes on top of the request. `check` mixes block address, site, slack and a secret: a wrong
// check means that the program wrote past its request, or that this is no live block. A freed block's tag has its
// check inverted: it is not live, and a second free of it still finds out whose block it was.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/base/bits.hpp"

namespace weir::host {

inline constexpr std::size_t kTagBytes = 8;
inline constexpr std::uint32_t kMaxSite = (1U << 24) - 1;

/// Per process, from the kernel's random numbers, so that no content of a block passes for a tag by design.
[[gnu::visibility("hidden")]] extern constinit std::uint64_t g_tag_secret;

struct Tag {
  std::uint64_t word;
  static constexpr std::uint64_t kLongSlack = 0xfff;

  [[nodiscard]] std::uint32_t site() const noexcept { return static_cast<std::uint32_t>(word >> 40); }
  [[nodiscard]] std::uint64_t slack() const noexcept { return (word >> 28) & 0xfff; }
};

inline std::uint64_t* tag_word(void* block, std::size_t class_bytes) noexcept {
  return reinterpret_cast<std::uint64_t*>(static_cast<char*>(block) + class_bytes) - 1;
}

inline constexpr std::uint64_t kTagCheckMask = 0xfffffff;

/// The low 28 bits for a word's upper 36.
inline std::uint64_t tag_check(const void* block, std::uint64_t upper) noexcept {
  return ((address_of(block) ^ g_tag_secret ^ upper) * 0x9e3779b97f4a7c15ULL) >> 36;
}

/// 0: the tag is a live block's. kTagCheckMask: a freed one's. Anything else: neither.
inline std::uint64_t tag_fault(const void* block, std::uint64_t word) noexcept {
  return (word ^ tag_check(block, word & ~kTagCheckMask)) & kTagCheckMask;
}

enum class TagState { Live, Freed, Wrong };

/// What the block says of itself. `requested` and `usable` are right only when Live; `site` when not Wrong.
struct TagReading {
  TagState state;
  std::uint64_t word;
  std::uint32_t site;
  std::size_t requested;
  std::size_t usable;  ///< what malloc_usable_size may promise
};

/// Writes the tag of a block that was asked for with `requested` bytes. The store is one aligned word, so a snapshot
/// at any instant sees a live block or none.
[[gnu::always_inline]] inline void write_tag(void* block, std::size_t class_bytes, std::size_t requested,
                                             std::uint32_t site) noexcept {
  std::uint64_t* word = tag_word(block, class_bytes);
  std::uint64_t slack = class_bytes - kTagBytes - requested;
  if (slack >= Tag::kLongSlack) [[unlikely]] {
    word[-1] = requested;
    slack = Tag::kLongSlack;
  }
  const std::uint64_t upper = (std::uint64_t{site} << 40) | (slack << 28);
  __atomic_store_n(word, upper | tag_check(block, upper), __ATOMIC_RELAXED);
}

inline Tag load_tag(void* block, std::size_t class_bytes) noexcept {
  return {__atomic_load_n(tag_word(block, class_bytes), __ATOMIC_RELAXED)};
}

inline TagReading read_tag(void* block, std::size_t class_bytes) noexcept {
  const std::uint64_t* at = tag_word(block, class_bytes);
  const Tag tag = load_tag(block, class_bytes);
  const std::uint64_t off = tag_fault(block, tag.word);
  TagReading reading{.state = off == 0               ? TagState::Live
                              : off == kTagCheckMask ? TagState::Freed
                                                     : TagState::Wrong,
                     .word = tag.word,
                     .site = tag.site(),
                     .requested = class_bytes - kTagBytes - tag.slack(),
                     .usable = class_bytes - kTagBytes};
  if (tag.word == 0) [[unlikely]]
    reading.state = TagState::Wrong;
  if (tag.slack() == Tag::kLongSlack) [[unlikely]] {
    reading.requested = at[-1];
    reading.usable -= sizeof(std::uint64_t);
    if (off == 0 && reading.requested > reading.usable) reading.state = TagState::Wrong;
  }
  return reading;
}

/// Marks a live block as freed. Before it goes back to the allocator, never after.
inline void retire_tag(void* block, std::size_t class_bytes, Tag tag) noexcept {
  __atomic_store_n(tag_word(block, class_bytes), tag.word ^ kTagCheckMask, __ATOMIC_RELAXED);
}

/// Takes the tag away before a block changes its size, so that none is left in its middle; and puts it back.
inline void take_tag(void* block, std::size_t class_bytes) noexcept {
  __atomic_store_n(tag_word(block, class_bytes), std::uint64_t{0}, __ATOMIC_RELAXED);
}
inline void put_tag_back(void* block, std::size_t class_bytes, const TagReading& reading) noexcept {
  __atomic_store_n(tag_word(block, class_bytes), reading.word, __ATOMIC_RELAXED);
}

}  // namespace weir::host

#include "core/stack/memory.hpp"

#include <emmintrin.h>

#include "core/base/bits.hpp"
#include "core/base/tally.hpp"
#include "core/platform/platform.hpp"

namespace weir::stack {
namespace {

constexpr std::uint32_t kHeaderWords = 2;
constinit platform::Lock g_lock{};
constinit Memory* g_free{};
constinit std::uint64_t g_mapped_bytes{};

}  // namespace

void Memory::catch_up() noexcept {
  if (code_generation == stack::code_generation()) return;
  forget();
  code_generation = stack::code_generation();
}

void Memory::forget() noexcept {
  platform::zero_pages(ways_, sizeof(ways_) + sizeof(candidate_) + sizeof(shared_));
  ring_used_ = 0;
  previous_ = 0;
  last.count = 0;
}

/// The words on which the last capture depended. False: there is something that no word shows, or it is too far away.
bool Memory::list_items(Caller caller) noexcept {
  const auto base = reinterpret_cast<std::uintptr_t>(caller.slot - 1);
  items_.count = 0;
  items_.anchored = false;
  const auto add = [&](std::uintptr_t at, std::uint64_t word) {
    return at >= base && items_.add((at - base) / sizeof(std::uintptr_t), word);
  };
  std::uintptr_t rbp_listed_at = 0;
  for (std::size_t i = 0; i != frame_count; ++i) {
    const Frame& frame = frames[i];
    if (!add(frame.slot, frame.pc)) return false;
    const bool is_cut = i + 1 == frame_count && end_at == kCut;
    if (is_cut) break;  // the walk did not go on from there
    if ((frame.flags & Frame::kUnlike) != 0) return false;
    if ((frame.flags & Frame::kUsesRbp) != 0 && frame.rbp_at != rbp_listed_at) {
      rbp_listed_at = frame.rbp_at;
      items_.anchored = true;
      if (!add(frame.rbp_at, frame.rbp)) return false;
    }
    if (frame.cfa_at != 0) {
      items_.anchored = true;
      if (!add(frame.cfa_at, *reinterpret_cast<const std::uintptr_t*>(frame.cfa_at))) return false;
    }
  }
  return end_at == 0 || end_at == kCut || add(end_at, 0);
}

bool Memory::Items::add(std::uintptr_t offset, std::uint64_t word) noexcept {
  if (offset > 0xffff || count == kMostItems) return false;
  item[count++] = {word, static_cast<std::uint16_t>(offset)};
  return true;
}

bool Memory::agrees_anchored(const Record& record, const std::uintptr_t* slot) noexcept {
  if (record.anchor != reinterpret_cast<std::uintptr_t>(slot)) return false;
  const std::uintptr_t* base = slot - 1;
  const std::uint32_t* pair = record.offset_pairs();
  const std::uint64_t* word = record.words();
  if (!singles_agree(pair, pair + record.singles / 2, word, base)) return false;
  pair += record.singles / 2;
  word += record.singles;
  const auto twin_agrees = [base](std::uint32_t offset, const std::uint64_t* expected) {
    const __m128i there = _mm_loadu_si128(reinterpret_cast<const __m128i*>(base + offset));
    const __m128i same = _mm_cmpeq_epi8(there, _mm_loadu_si128(reinterpret_cast<const __m128i*>(expected)));
    return _mm_movemask_epi8(same) == 0xffff;
  };
  for (const std::uint32_t* end = pair + record.twins / 2; pair != end; ++pair, word += 4)
    if (!twin_agrees(*pair & 0xffff, word) || !twin_agrees(*pair >> 16, word + 2)) [[unlikely]]
      return false;
  return singles_agree(pair, pair + record.last_singles / 2, word, base);
}

std::uint32_t Memory::make_record(Caller caller, std::uint32_t meaning) noexcept {
  const Items& in = items_;
  // The youngest two were stored just now, one by one: read together, they would make the processor wait.
  std::size_t first = in.count < 2 ? in.count : 2, twins = 0;
  while (first != in.count && !in.is_twin(first)) ++first;
  while (twins != kMostTwins && in.is_twin(first + 2 * twins)) ++twins;
  const std::size_t rest = in.count - first - 2 * twins;
  const std::size_t singles = align_up(first, 4), pairs = align_up(twins, 2),
                    last_singles = align_up(rest, 4);
  if (last_singles > 0xff) return 0;
  const std::size_t offset_words = align_up(singles + pairs + last_singles, 4) / 4;
  const std::size_t words = kHeaderWords + offset_words + singles + 2 * pairs + last_singles;
  if (ring_used_ < kHeaderWords) ring_used_ = kHeaderWords;
  if (ring_used_ + words > kRingWords) {
    const std::uint32_t previous = previous_;
    const std::size_t last_count = last.count;
    forget();
    previous_ = previous;
    last.count = last_count;
    ring_used_ = kHeaderWords;
  }
  const std::uint32_t at = ring_used_;
  auto* record = reinterpret_cast<Record*>(ring_ + at);
  *record = {.meaning = meaning,
             .singles = static_cast<std::uint16_t>(singles),
             .twins = static_cast<std::uint8_t>(pairs),
             .last_singles = static_cast<std::uint8_t>(last_singles),
             .anchor = in.anchored ? reinterpret_cast<std::uintptr_t>(caller.slot) : 0};
  auto* offset = reinterpret_cast<std::uint16_t*>(record + 1);
  std::uint64_t* word = ring_ + at + kHeaderWords + offset_words;
  const auto put_singles = [&](std::size_t from, std::size_t real, std::size_t padded) {
    for (std::size_t i = 0; i != padded; ++i) {
      const Items::Item& item = in.item[from + (i < real ? i : real - 1)];
      *offset++ = item.offset;
      *word++ = item.word;
    }
  };
  put_singles(0, first, singles);
  for (std::size_t i = 0; i != pairs; ++i) {
    const Items::Item* item = in.item + first + 2 * (i < twins ? i : twins - 1);
    *offset++ = item[1].offset;
    *word++ = item[1].word;
    *word++ = item[0].word;
  }
  put_singles(first + 2 * twins, rest, last_singles);
  ring_used_ += static_cast<std::uint32_t>(words);
  if (ring_used_ > ring_touched_) {
    add_shared(g_mapped_bytes, (ring_used_ - ring_touched_) * sizeof(std::uint64_t));
    ring_touched_ = ring_used_;
  }
  return at;
}

void Memory::insert(Caller caller, std::uint32_t meaning) noexcept {
  const std::size_t key = key_of(caller);
  if (!list_items(caller)) return;
  const std::uint64_t slot = items_.anchored ? reinterpret_cast<std::uintptr_t>(caller.slot) : 0;
  Shared& shared = shared_[mix(meaning ^ slot << 16) % kShared];
  std::uint32_t at = shared.meaning == meaning ? shared.record : 0;
  if (at == 0 || !agrees(record_at(at), caller.slot)) {
    at = make_record(caller, meaning);
    if (at == 0) return;
    shared = {.meaning = meaning, .record = at};
  }
  Ways& ways = ways_[key];
  ways.record[1] = ways.record[0];
  ways.record[0] = at;
}

Memory* take_memory() noexcept {
  {
    const platform::Holding hold{g_lock};
    if (Memory* memory = g_free) {
      g_free = memory->next_free;
      return memory;
    }
    add_shared(g_mapped_bytes,
               64U << 10);  // what is touched of it in a thread with few stacks, less the ring
  }
  auto* fresh = static_cast<Memory*>(platform::map_pages(sizeof(Memory)));
  if (fresh == nullptr) return nullptr;
  fresh->ring_[1] = Memory::kNever;  // the anchor of the record that empty ways name
  fresh->last.frames[Trace::kMost].slot = ~std::uintptr_t{0};
  fresh->code_generation = code_generation();  // it has nothing to forget
  return fresh;
}

void give_back_memory(Memory* memory) noexcept {
  memory->known = {};  // its thread's stack may be unmapped now
  memory->last.count = 0;
  const platform::Holding hold{g_lock};
  memory->next_free = g_free;
  g_free = memory;
}

void reset_memory_lock() noexcept { g_lock.reset(); }
std::uint64_t memory_bytes() noexcept { return load_relaxed(g_mapped_bytes); }

}  // namespace weir::stack

#include "core/stack/memory.hpp"

#include "core/base/bits.hpp"
#include "core/platform/platform.hpp"

namespace weir::stack {
namespace {

constexpr std::uint32_t kHeaderWords = 2;
constinit platform::Lock g_lock{};
constinit Memory* g_free{};
constinit std::uint64_t g_mapped_bytes{};

}  // namespace

void Memory::forget() noexcept {
  std::memset(ways_, 0, sizeof(ways_));
  std::memset(candidate_, 0, sizeof(candidate_));
  std::memset(shared_, 0, sizeof(shared_));
  ring_used_ = 0;
  previous_ = 0;
}

std::uint32_t Memory::make_record(std::uint32_t meaning) noexcept {
  const std::size_t count = align_up(trail.count, 4);
  const std::size_t words = kHeaderWords + count;
  if (ring_used_ == 0) ring_used_ = kHeaderWords;
  if (ring_used_ + words > kRingWords) {
    const std::uint32_t previous = previous_;
    forget();
    previous_ = previous;
    ring_used_ = kHeaderWords;
  }
  const std::uint32_t at = ring_used_;
  Record& record = *record_at(at);
  record = {.meaning = meaning,
            .count = static_cast<std::uint16_t>(count),
            .has_relative = trail.has_relative,
            .uses_live_rbp = trail.uses_live_rbp,
            .live_rbp = trail.live_rbp};
  for (std::size_t i = 0; i != count; ++i)
    record.items()[i] = trail.items[i < trail.count ? i : trail.count - 1];
  ring_used_ += static_cast<std::uint32_t>(words);
  return at;
}

void Memory::insert(const Caller& caller, std::uint32_t meaning) noexcept {
  if (!trail.is_whole || trail.count == 0) return;
  Shared& shared = shared_[mix(meaning) % kShared];
  std::uint32_t at = shared.meaning == meaning ? shared.record : 0;
  if (at == 0 || !verify(*record_at(at), caller)) {
    at = make_record(meaning);
    shared = {.meaning = meaning, .record = at};
  }
  Ways& ways = ways_[key_];
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
    g_mapped_bytes += 64U << 10;  // what is touched of it in a thread with few stacks
  }
  auto* fresh = static_cast<Memory*>(platform::map_pages(sizeof(Memory)));
  if (fresh != nullptr) fresh->code_generation = code_generation();  // it has nothing to forget
  return fresh;
}

void give_back_memory(Memory* memory) noexcept {
  memory->known = {};  // its thread's stack may be unmapped now
  const platform::Holding hold{g_lock};
  memory->next_free = g_free;
  g_free = memory;
}

void reset_memory_lock() noexcept { g_lock.reset(); }
std::uint64_t memory_bytes() noexcept { return g_mapped_bytes; }

}  // namespace weir::stack

// What stacks mean to the judge: a number for each, by a hash of its frames.
#include "core/platform/platform.hpp"
#include "judge.hpp"

namespace weir::judge {
namespace {

constexpr std::size_t kSlots = std::size_t{1} << 21;
constinit std::uint64_t* g_hashes{};  // a number is a slot's index plus 1

std::uint64_t* hashes() noexcept {
  std::uint64_t* known = __atomic_load_n(&g_hashes, __ATOMIC_ACQUIRE);
  if (known != nullptr) return known;
  auto* fresh = static_cast<std::uint64_t*>(platform::map_pages(kSlots * sizeof(std::uint64_t)));
  if (fresh == nullptr) return nullptr;
  if (__atomic_compare_exchange_n(&g_hashes, &known, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return fresh;
  platform::unmap(fresh, kSlots * sizeof(std::uint64_t));
  return known;
}

}  // namespace

std::uint64_t hash_of(std::span<const std::uintptr_t> pcs, bool truncated) noexcept {
  std::uint64_t hash = 2 * pcs.size() + (truncated ? 1 : 0);
  for (const std::uintptr_t pc : pcs) {
    hash = (hash ^ pc) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 31;
  }
  return hash | 1;  // 0 is a free slot
}

std::uint32_t number_of(std::uint64_t hash) noexcept {
  std::uint64_t* table = hashes();
  if (table == nullptr) return 0;
  std::size_t at = hash >> 20;
  for (int probes = 0; probes != 64; ++probes, ++at) {
    std::uint64_t& slot = table[at % kSlots];
    std::uint64_t there = __atomic_load_n(&slot, __ATOMIC_RELAXED);
    if (there == 0 && __atomic_compare_exchange_n(&slot, &there, hash, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      there = hash;
    if (there == hash) return static_cast<std::uint32_t>(at % kSlots + 1);
  }
  return 0;
}

std::uint64_t hash_of_number(std::uint32_t number) noexcept {
  return number == 0 || number > kSlots ? 0 : __atomic_load_n(&hashes()[number - 1], __ATOMIC_RELAXED);
}

}  // namespace weir::judge

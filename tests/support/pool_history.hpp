// Two caches on one record, and one index, through any history of commands, against a model of plain containers: after each
// step every number of the record, every list and every answer is compared. For the random test and for the fuzzer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/pool/block_index.hpp"
#include "core/pool/cache.hpp"

namespace weir::test {

class PoolHistory {
 public:
  static constexpr std::size_t kMostBlocks = 400;

  explicit PoolHistory(pool::Classes classes) : classes_{classes}, bins_(pool::kBins) {
    for (Side& side : sides_) {
      side.cache = std::make_unique<pool::Cache>();
      side.cache->begin(classes, &record_, bins_.data());
    }
  }
  ~PoolHistory() { index_.clear(kPages); }
  PoolHistory(const PoolHistory&) = delete;
  PoolHistory& operator=(const PoolHistory&) = delete;

  /// What is wrong; empty: nothing.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

  /// `what`: whatever byte; `size` draws a request, `which` a block.
  void step(std::uint8_t what, std::uint16_t size, std::uint8_t which) {
    Side& side = sides_[which & 1U];
    switch (what % 16) {
      default: allocate(side, request_of(size), which); break;
      case 6: case 7: case 8: if (Known* known = pick(side.live, which)) keep(side, known); break;
      case 9: case 10: if (Known* known = pick(side.live, which)) hold(side, known); break;
      case 11: retire(side, which); break;
      case 12: leave(side, which); break;
      case 13: shed_beyond(side, size, which); break;
      case 14: shed_for(side, size, which); break;
      case 15: if (which < 32) end(side); else free_slowly(side, which); break;
    }
    check_all(request_of(size));
  }

 private:
  struct Known {
    std::uint64_t bytes, requested, freed;
    pool::Block node;
  };
  using Row = std::vector<Known*>;
  struct Side {
    std::unique_ptr<pool::Cache> cache;
    Row live, idle, pending;  ///< idle: oldest first; pending: by free
  };
  static void* map(std::size_t bytes) { return std::calloc(1, bytes); }
  static void unmap(void* base, std::size_t) { std::free(base); }
  static constexpr pool::Pages kPages{map, unmap};

  void expect(bool is_so, const char* what) {
    if (!is_so && wrong_.empty()) wrong_ = what;
  }
  static Known* pick(const Row& row, std::uint64_t which) { return row.empty() ? nullptr : row[which % row.size()]; }
  static void drop(Row& row, const Known* known) { row.erase(std::find(row.begin(), row.end(), known)); }
  /// Small ones, some of each order, and many of few sizes.
  static std::uint64_t request_of(std::uint16_t size) {
    const std::uint64_t base = std::uint64_t{1} << (size % 8 < 4 ? 9 + size % 4 * 5 : size / 8 % 41);
    return std::clamp<std::uint64_t>(base + base / 64 * (size >> 10U), 1, pool::kMostBytes);
  }
  std::uint32_t bin_for(std::uint64_t bytes) const {
    return pool::bin_of(classes_ == pool::Classes::Pow2 ? std::bit_ceil(bytes) : bytes);
  }
  /// Where searches see every block there is, the best is demanded; else only a good one.
  bool is_small() const { return known_.size() <= pool::Cache::kMostLooks; }

  void allocate(Side& side, std::uint64_t request, std::uint8_t which) {
    const std::uint64_t fresh = class_bytes(classes_, request), most = most_bytes_for(classes_, request);
    const bool is_large = classes_ == pool::Classes::Fine && request > pool::kLarge;
    // The newest of the smallest that fits; all that a fresh block would have room for are equally small.
    Known* best = nullptr;
    for (Known* known : side.idle) {
      const bool fits = known->bytes >= request && known->bytes <= most &&
                        (is_large || bin_for(known->bytes) == bin_for(request));
      if (!fits) continue;
      if (best == nullptr || std::max(known->bytes, fresh) <= std::max(best->bytes, fresh)) best = known;
    }
    pool::Block* const block = side.cache->take(request);
    if (block == nullptr) {
      expect(best == nullptr || !is_small(), "no hit, though a block fits");
      if (known_.size() < kMostBlocks) enter(side, request, which % 16 == 3 ? request : fresh);
      return;
    }
    Known* const known = known_of(block);
    expect(best != nullptr, "a hit, though no block fits");
    if (wrong_.empty() && is_small() && !is_large) expect(known == best, "not the last freed one");
    if (wrong_.empty() && is_small())
      expect(std::max(known->bytes, fresh) == std::max(best->bytes, fresh), "not the best fit");
    expect(known->bytes >= request && known->bytes <= most, "a hit that does not fit");
    if (!wrong_.empty()) return;
    drop(side.idle, known);
    known->requested = request;
    side.live.push_back(known);
    ++hits_;
    ++class_hits_[bin_for(known->bytes)];
  }

  void enter(Side& side, std::uint64_t request, std::uint64_t bytes) {
    std::uint64_t address = 512;
    while (known_.contains(address)) address += 512;  // addresses come again
    Known& known = known_[address];
    known = {bytes, request, 0, pool::Block{}};
    known.node.address = address;
    known.node.bytes = bytes;
    known.node.requested = request;
    expect(index_.insert(kPages, &known.node), "no memory");
    side.cache->enter(&known.node);
    side.live.push_back(&known);
    ++misses_;
    ++class_misses_[bin_for(bytes)];
  }

  void keep(Side& side, Known* known) {
    side.cache->keep(&known->node);
    drop(side.live, known);
    side.idle.push_back(known);
  }
  void hold(Side& side, Known* known) {
    side.cache->hold(&known->node, known->freed = ++frees_);
    drop(side.live, known);
    side.pending.push_back(known);
  }
  void free_slowly(Side& side, std::uint8_t which) {
    Known* const known = pick(side.live, which);
    if (known == nullptr) return;
    known->node.state = pool::State::Freeing;
    which % 4 == 0 ? hold(side, known) : keep(side, known);
  }
  void retire(Side& side, std::uint8_t which) {
    const Known* const last = pick(side.pending, which);
    const std::uint64_t upto = last != nullptr ? last->freed - (which % 8 == 7 ? 1 : 0) : frees_;
    std::uint64_t expected = 0;
    while (!side.pending.empty() && side.pending.front()->freed <= upto) {
      side.idle.push_back(side.pending.front());
      side.pending.erase(side.pending.begin());
      ++expected;
    }
    expect(side.cache->retire(upto) == expected, "retired another number of blocks");
  }
  void leave(Side& side, std::uint8_t which) {
    Row& row = which < 160 ? side.live : which < 208 ? side.idle : side.pending;
    Known* const known = pick(row, which / 4);
    if (known == nullptr) return;
    side.cache->leave(&known->node);
    drop(row, known);
    settle(side, known, which % 4);
  }
  /// What the source makes of a Leaving block: it takes it back, or refuses.
  void settle(Side& side, Known* known, unsigned how) {
    expect(known->node.state == pool::State::Leaving, "not leaving");
    if (how == 1) {
      side.cache->restore(&known->node);
      side.idle.push_back(known);
    } else if (how == 2) {
      side.cache->resume(&known->node);
      side.live.push_back(known);
    } else {
      index_.erase(known->node.address);
      known_.erase(known->node.address);
    }
  }
  Row leaving(pool::Block* block) {
    Row out;
    for (; block != nullptr && out.size() <= known_.size(); block = block->next) out.push_back(known_of(block));
    return out;
  }
  void shed_beyond(Side& side, std::uint16_t size, std::uint8_t which) {
    const std::uint64_t most = side.cache->idle_bytes() / 64 * (size % 65);
    Row expected;
    for (std::uint64_t idle = bytes_of(side.idle); idle > most; idle -= expected.back()->bytes)
      expected.push_back(side.idle[expected.size()]);
    const Row got = leaving(side.cache->shed_beyond(most));
    expect(got == expected, "shed others than the oldest");
    if (!wrong_.empty()) return;
    side.idle.erase(side.idle.begin(), side.idle.begin() + static_cast<long>(got.size()));
    for (std::size_t i = 0; i != got.size(); ++i) settle(side, got[i], i % 8 == 5 ? which % 3 : 0);
  }
  void shed_for(Side& side, std::uint16_t size, std::uint8_t which) {
    const std::uint64_t bytes = which % 2 == 0 ? request_of(size) : side.cache->idle_bytes() / 512 * (size % 600);
    std::vector<std::uint64_t> sizes;
    for (const Known* known : side.idle) sizes.push_back(known->bytes);
    std::sort(sizes.begin(), sizes.end());
    const auto single = std::lower_bound(sizes.begin(), sizes.end(), bytes);
    std::size_t fewest = 0;
    for (std::uint64_t sum = 0; sum < bytes && fewest != sizes.size(); ++fewest) sum += sizes[sizes.size() - 1 - fewest];
    const Row got = leaving(side.cache->shed_for(bytes));
    expect(bytes_of(got) >= bytes || got.size() == side.idle.size(), "shed too little");
    if (is_small()) {
      expect(got.size() == fewest, "shed more blocks than needed");
      if (got.size() == 1 && single != sizes.end()) expect(got[0]->bytes == *single, "shed a larger one than needed");
    }
    for (Known* known : got) drop(side.idle, known);
    for (std::size_t i = 0; i != got.size(); ++i) settle(side, got[i], i % 8 == 5 ? which % 3 : 0);
  }
  void end(Side& side) {
    side.cache->end();
    std::size_t erased = 0;
    index_.erase_if([&](const pool::Block* block) {
      const bool is_its = block->cache == side.cache.get();
      erased += is_its ? 1 : 0;
      return is_its;
    });
    expect(erased == side.live.size() + side.idle.size() + side.pending.size(), "blocks were missing in the index");
    for (const Row& row : {std::exchange(side.live, {}), std::exchange(side.idle, {}), std::exchange(side.pending, {})})
      for (const Known* known : row) known_.erase(known->node.address);
  }

  Known* known_of(pool::Block* block) {
    const auto known = known_.find(block->address);
    expect(known != known_.end() && &known->second.node == block, "a block that is not known");
    return known != known_.end() ? &known->second : nullptr;
  }
  static std::uint64_t bytes_of(const Row& row) {
    std::uint64_t bytes = 0;
    for (const Known* known : row) bytes += known->bytes;
    return bytes;
  }
  static std::uint64_t largest_of(const Row& row) {
    std::uint64_t bytes = 0;
    for (const Known* known : row) bytes = std::max(bytes, known->bytes);
    return bytes;
  }

  void check_all(std::uint64_t request) {
    if (!wrong_.empty()) return;
    expect(index_.size() == known_.size(), "another number of blocks in the index");
    for (auto& [address, known] : known_) expect(index_.find(address) == &known.node, "a block is not in the index");
    for (Side& side : sides_) check_side(side, request);
    check_record();
  }

  void check_side(const Side& side, std::uint64_t request) {
    const pool::Cache& cache = *side.cache;
    std::uint64_t requested = 0;
    for (const Known* known : side.live) {
      requested += known->requested;
      expect(known->node.state == pool::State::Live && known->node.requested == known->requested, "not live");
    }
    std::map<std::uint32_t, const pool::Block*> newest_in;
    for (std::size_t i = 0; i != side.idle.size(); ++i) {
      const pool::Block& node = side.idle[i]->node;
      expect(node.state == pool::State::Idle, "not idle");
      expect(node.older == (i != 0 ? &side.idle[i - 1]->node : nullptr), "age: older");
      expect(node.newer == (i + 1 != side.idle.size() ? &side.idle[i + 1]->node : nullptr), "age: newer");
      const pool::Block*& newest = newest_in[bin_for(node.bytes)];
      expect(node.next == newest && (newest == nullptr || newest->previous == &node), "bin");
      newest = &node;
    }
    for (const auto& [bin, newest] : newest_in) expect(newest->previous == nullptr && newest->bin == bin, "bin: end");
    for (std::size_t i = 0; i != side.pending.size(); ++i) {
      const pool::Block& node = side.pending[i]->node;
      expect(node.state == pool::State::Pending && node.freed == side.pending[i]->freed, "not pending");
      expect(node.previous == (i != 0 ? &side.pending[i - 1]->node : nullptr), "pending: previous");
      expect(node.next == (i + 1 != side.pending.size() ? &side.pending[i + 1]->node : nullptr), "pending: next");
    }
    expect(cache.oldest_pending() == (side.pending.empty() ? nullptr : &side.pending.front()->node), "pending: front");
    expect(cache.live_bytes() == bytes_of(side.live) && cache.requested_bytes() == requested, "live bytes");
    expect(cache.idle_bytes() == bytes_of(side.idle), "idle bytes");
    expect(cache.pending_bytes() == bytes_of(side.pending) && cache.pending_blocks() == side.pending.size(), "pending");
    expect(cache.largest_pending() == largest_of(side.pending), "largest pending");
    if (is_small()) expect(cache.largest_idle() == largest_of(side.idle), "largest idle");
    check_pending_for(side, request);
  }
  /// Small requests go by the bin, large ones by what fits.
  void check_pending_for(const Side& side, std::uint64_t request) {
    const bool is_large = classes_ == pool::Classes::Fine && request > pool::kLarge;
    const bool has = std::any_of(side.pending.begin(), side.pending.end(), [&](const Known* known) {
      return is_large ? known->bytes >= request && known->bytes <= most_bytes_for(classes_, request)
                      : bin_for(known->bytes) == bin_for(request);
    });
    const bool says = side.cache->has_pending_for(request);
    expect(says || !has, "a pending block would serve it");
    if (is_small() || !is_large) expect(!says || has, "no pending block would serve it");
  }

  void check_record() {
    struct Class {
      std::int64_t live, idle, pending, idle_bytes;
    };
    std::vector<Class> classes(pool::kBins);
    std::int64_t live = 0, requested = 0, idle = 0, pending = 0, blocks[3] = {};
    for (const Side& side : sides_) {
      live += static_cast<std::int64_t>(bytes_of(side.live));
      idle += static_cast<std::int64_t>(bytes_of(side.idle));
      pending += static_cast<std::int64_t>(bytes_of(side.pending));
      blocks[0] += static_cast<std::int64_t>(side.live.size());
      blocks[1] += static_cast<std::int64_t>(side.idle.size());
      blocks[2] += static_cast<std::int64_t>(side.pending.size());
      for (const Known* known : side.live) {
        requested += static_cast<std::int64_t>(known->requested);
        ++classes[bin_for(known->bytes)].live;
      }
      for (const Known* known : side.pending) ++classes[bin_for(known->bytes)].pending;
      for (const Known* known : side.idle) {
        ++classes[bin_for(known->bytes)].idle;
        classes[bin_for(known->bytes)].idle_bytes += static_cast<std::int64_t>(known->bytes);
      }
    }
    expect(record_.live_bytes == live && record_.live_blocks == blocks[0], "record: live");
    expect(record_.requested_bytes == requested, "record: requested");
    expect(record_.idle_bytes == idle && record_.idle_blocks == blocks[1], "record: idle");
    expect(record_.pending_bytes == pending && record_.pending_blocks == blocks[2], "record: pending");
    expect(record_.hits == hits_ && record_.misses == misses_, "record: hits and misses");
    // Within a step memory may have been pending or idle that is not at its end: a peak may be more than what was seen.
    peak(record_.peak_live, peaks_[0], live);
    peak(record_.peak_idle, peaks_[1], idle);
    peak(record_.peak_pending, peaks_[2], pending);
    peak(record_.peak_reserved, peaks_[3], live + idle + pending);
    for (std::uint32_t bin = 0; bin != pool::kBins; ++bin) {
      const profile::PoolClassRecord& got = bins_[bin];
      const Class& want = classes[bin];
      expect(got.live_blocks == want.live && got.idle_blocks == want.idle && got.idle_bytes == want.idle_bytes &&
                 got.pending_blocks == want.pending,
             "record of a class");
      expect(got.hits == class_hits_[bin] && got.misses == class_misses_[bin], "hits of a class");
      expect(got.bytes == (got.misses != 0 ? pool::bin_bytes(bin) : 0), "bytes of a class");
    }
  }
  void peak(std::int64_t got, std::int64_t& highest, std::int64_t now) {
    highest = std::max(highest, now);
    expect(got == highest, "record: a peak");
  }

  pool::Classes classes_;
  profile::PoolRecord record_{};
  std::vector<profile::PoolClassRecord> bins_;
  Side sides_[2];
  pool::BlockIndex index_{};
  std::map<std::uint64_t, Known> known_;
  std::uint64_t frees_{}, hits_{}, misses_{};
  std::int64_t peaks_[4]{};
  std::map<std::uint32_t, std::uint64_t> class_hits_, class_misses_;
  std::string wrong_;
};

}  // namespace weir::test

// Slabs through any history of commands, against a model of plain containers: every answer is compared, and what is carved
// is asked for by every kind of address. For the random test and for the fuzzer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/pool/slabs.hpp"
#include "support/test_pages.hpp"

namespace weir::test {

class SlabHistory {
 public:
  ~SlabHistory() { TestPages::clear(); }
  SlabHistory() = default;
  SlabHistory(const SlabHistory&) = delete;
  SlabHistory& operator=(const SlabHistory&) = delete;

  /// What is wrong; empty: nothing.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  [[nodiscard]] std::size_t slabs() const { return model_.size(); }

  /// `what`: whatever byte; `size` draws a request, `which` a block.
  void step(std::uint8_t what, std::uint16_t size, std::uint16_t which) {
    switch (what % 16) {
      default: carve(request_of(size)); break;
      case 7: case 8: case 9: case 10: case 11: case 12: give_back(which); break;
      case 13: slabs_.take_empty() == 0 ? expect(!has_empty(), "an empty slab was kept back") : expect(true, ""); break;
      case 14: if (size % 8 == 0) seal(which); break;
      case 15: if (size % 64 == 0) lose_all(); break;
    }
    if (what % 16 == 13) forget_one_empty();
    look(size * 65537ULL + which * 257ULL);
  }

 private:
  using Slabs = pool::Slabs;
  struct Slab {
    std::map<std::uint64_t, std::uint64_t> carved;  ///< offset: bytes
    bool is_sealed;
  };
  static constexpr std::size_t kMostSlabs = 24;
  static constexpr std::uint64_t kGranule = 512;

  void expect(bool is_so, const char* what) {
    if (!is_so && wrong_.empty()) wrong_ = what;
  }
  static std::uint64_t request_of(std::uint16_t size) {
    const std::uint64_t most = std::uint64_t{1} << (9 + size % 10);
    return std::min<std::uint64_t>(most / 2 + most / 64 * (size >> 10U) + 1, Slabs::kMostCarved);
  }
  static std::uint64_t round(std::uint64_t bytes) { return (bytes + kGranule - 1) / kGranule * kGranule; }
  static std::uint64_t step_of(std::uint64_t bytes) { return bytes >= Slabs::kPageAligned ? 4096 : kGranule; }

  static bool has_room(const Slab& slab, std::uint64_t bytes) {
    std::uint64_t from = 0;
    const std::uint64_t step = step_of(bytes);
    const auto fits = [&](std::uint64_t to) { return (from + step - 1) / step * step + round(bytes) <= to; };
    for (const auto& [offset, length] : slab.carved) {
      if (fits(offset)) return true;
      from = offset + length;
    }
    return fits(Slabs::kSlabBytes);
  }
  bool has_empty() const {
    return std::any_of(model_.begin(), model_.end(), [](const auto& it) { return it.second.carved.empty(); });
  }

  void carve(std::uint64_t bytes) {
    const bool may = std::any_of(model_.begin(), model_.end(),
                                 [&](const auto& it) { return !it.second.is_sealed && has_room(it.second, bytes); });
    std::uint64_t address = 0;
    const bool did = slabs_.carve(bytes, address);
    expect(did == may, "carved where there is no room, or not where there is");
    if (!did && model_.size() < kMostSlabs) return add();
    if (!did) return;
    auto at = model_.upper_bound(address);
    if (at == model_.begin()) return expect(false, "carved beside all slabs");
    --at;
    const std::uint64_t offset = address - at->first;
    auto& carved = at->second.carved;
    expect(!at->second.is_sealed, "carved from a sealed slab");
    expect(offset % step_of(bytes) == 0, "not aligned");
    expect(offset + round(bytes) <= Slabs::kSlabBytes, "carved beyond the slab");
    const auto next = carved.lower_bound(offset);
    expect(next == carved.end() || next->first >= offset + round(bytes), "over the next block");
    expect(next == carved.begin() || std::prev(next)->first + std::prev(next)->second <= offset, "over the block before");
    carved[offset] = round(bytes);
    blocks_.push_back(address);
  }
  void add() {
    // Bases come again, in no order, and need not be aligned to the slab.
    const std::uint64_t base = (1ULL << 32) + (bases_++ * 7 % 61) * (3U << 20);
    if (model_.contains(base)) return;
    expect(slabs_.add(kTestPages, base), "no memory");
    model_[base] = {};
  }
  void give_back(std::uint64_t which) {
    if (blocks_.empty()) return expect(slabs_.give_back(which * 512) == 0, "a slab out of nothing");
    std::swap(blocks_[which % blocks_.size()], blocks_.back());
    const std::uint64_t address = blocks_.back();
    blocks_.pop_back();
    expect(slabs_.begins(address), "does not begin");
    auto at = std::prev(model_.upper_bound(address));
    const bool had_empty = has_empty();
    at->second.carved.erase(address - at->first);
    const bool goes = at->second.carved.empty() && (at->second.is_sealed || had_empty);
    expect(slabs_.give_back(address) == (goes ? at->first : 0), "another slab goes back, or none");
    if (goes) model_.erase(at);
    expect(!slabs_.begins(address) && slabs_.give_back(address) == 0, "given back twice");
  }
  /// The step has taken an empty slab: which one the model learns by asking.
  void forget_one_empty() {
    Slabs::Carved there;
    for (auto it = model_.begin(); it != model_.end();)
      it = !slabs_.find(it->first, there) && it->second.carved.empty() ? model_.erase(it) : std::next(it);
  }
  void seal(std::uint64_t which) {
    if (blocks_.empty()) return;
    const std::uint64_t address = blocks_[which % blocks_.size()];
    slabs_.seal(address + 100);
    std::prev(model_.upper_bound(address))->second.is_sealed = true;
  }
  void lose_all() {
    slabs_.lose_all();
    model_.clear();
    blocks_.clear();
  }

  void look(std::uint64_t at) {
    std::uint64_t carved = 0;
    for (const auto& [base, slab] : model_)
      for (const auto& [offset, bytes] : slab.carved) carved += bytes;
    expect(slabs_.slabs() == model_.size() && slabs_.bytes() == model_.size() * Slabs::kSlabBytes, "number of slabs");
    expect(slabs_.carved_bytes() == carved, "carved bytes");
    find((1ULL << 32) + at % (200U << 20));
    if (blocks_.empty()) return;
    const std::uint64_t block = blocks_[at % blocks_.size()];
    for (const std::uint64_t address : {block - 1, block, block + 1, block + 511, block + 512, block + at % 4096}) find(address);
  }
  void find(std::uint64_t address) {
    Slabs::Carved got{};
    const bool is_in = slabs_.find(address, got);
    const auto above = model_.upper_bound(address);
    const bool in_model = above != model_.begin() && address - std::prev(above)->first < Slabs::kSlabBytes;
    expect(is_in == in_model, "is in a slab, or is not");
    if (!is_in || !in_model) return expect(!slabs_.begins(address), "begins in no slab");
    const auto& [base, slab] = *std::prev(above);
    Slabs::Carved want{base, 0, 0};
    if (auto block = slab.carved.upper_bound(address - base); block != slab.carved.begin()) {
      --block;
      if (address - base < block->first + block->second) want = {base, base + block->first, block->second};
    }
    expect(got.slab == want.slab && got.base == want.base && got.bytes == want.bytes, "another block is there");
    expect(slabs_.begins(address) == (want.bytes != 0 && want.base == address), "begins, or does not");
  }

  Slabs slabs_{};
  std::map<std::uint64_t, Slab> model_;
  std::vector<std::uint64_t> blocks_;
  std::uint64_t bases_ = 0;
  std::string wrong_;
};

}  // namespace weir::test

#include "heap/blocks.hpp"

#include <cstdio>

#include "base/lock.hpp"
#include "fault/violation.hpp"
#include "heap/window.hpp"

namespace simcuda {
namespace {

std::map<CUdeviceptr, Block>& blocks() {
  static auto& all = *new std::map<CUdeviceptr, Block>;
  return all;
}

// Sizes compared without adding to the address: a range at the end of the address space must not wrap.
bool inside(const Block& block, CUdeviceptr address, size_t bytes) {
  const size_t from = address - block.base;
  return from <= block.bytes && bytes <= block.bytes - from;
}

}  // namespace

bool add_block(Block& block) {
  static uint64_t last = 0;
  auto& all = blocks();
  auto next = all.lower_bound(block.base);
  if (next != all.end() && next->first - block.base < block.bytes) return false;
  if (find_block(block.base) != nullptr) return false;
  block.id = ++last;
  all.emplace(block.base, block);
  return true;
}

Block* find_block(CUdeviceptr address) {
  auto& all = blocks();
  auto after = all.upper_bound(address);
  if (after == all.begin()) return nullptr;
  Block& block = std::prev(after)->second;
  return address - block.base < block.bytes ? &block : nullptr;
}

Block* block_at(CUdeviceptr base) {
  auto found = blocks().find(base);
  return found == blocks().end() ? nullptr : &found->second;
}

void remove_block(CUdeviceptr base) { blocks().erase(base); }

const std::map<CUdeviceptr, Block>& all_blocks() { return blocks(); }

std::optional<std::byte*> try_reach(CUdeviceptr address, size_t bytes) {
  return locked([&]() -> std::optional<std::byte*> {
    if (const Block* block = find_block(address)) {
      if (!inside(*block, address, bytes)) return std::nullopt;
      return block->backing + (address - block->base);
    }
    if (bytes != 0 && window().contains(address)) return std::nullopt;
    return reinterpret_cast<std::byte*>(address);
  });
}

std::byte* reach(CUdeviceptr address, size_t bytes, const char* who) {
  if (const auto place = try_reach(address, bytes)) return *place;
  const auto block = locked([&]() -> std::optional<Block> {
    const Block* found = find_block(address);
    return found == nullptr ? std::nullopt : std::optional(*found);
  });
  if (block) {
    violation("%s reaches %llu bytes past the end of the %zu bytes at 0x%llx", who,
              address - block->base + bytes - block->bytes, block->bytes, block->base);
  } else {
    violation("%s uses %zu bytes at 0x%llx, which is freed or was never allocated", who, bytes, address);
  }
  return nullptr;
}

}  // namespace simcuda

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

// Freed in stream order, and queued work may still refer to them: by their ids.
std::map<uint64_t, Block>& leaving() {
  static auto& all = *new std::map<uint64_t, Block>;
  return all;
}

// Sizes compared without adding to the address: a range at the end of the address space must not wrap.
bool inside(const Block& block, CUdeviceptr address, size_t bytes) {
  const size_t from = address - block.base;
  return from <= block.bytes && bytes <= block.bytes - from;
}

// Neighbouring mappings serve as one range: their bytes lie side by side for us too.
bool inside_mappings(const Block& first, CUdeviceptr address, size_t bytes) {
  const size_t from = address - first.base;
  size_t covered = first.bytes - from;
  for (const Block* block = &first; covered < bytes; covered += block->bytes) {
    const Block* next = block_at(block->end());
    if (next == nullptr || next->kind != Kind::mapped || next->backing != block->backing + block->bytes)
      return false;
    block = next;
  }
  return true;
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

void retire_block(CUdeviceptr base) {
  auto found = blocks().find(base);
  if (found == blocks().end()) return;
  leaving().emplace(found->second.id, found->second);
  blocks().erase(found);
}

void forget_block(uint64_t id) { leaving().erase(id); }

bool block_alive(uint64_t id, CUdeviceptr address) {
  return locked([&] {
    const Block* block = find_block(address);
    return (block != nullptr && block->id == id) || leaving().contains(id);
  });
}

const std::map<CUdeviceptr, Block>& all_blocks() { return blocks(); }

std::optional<std::byte*> try_reach(CUdeviceptr address, size_t bytes) {
  return locked([&]() -> std::optional<std::byte*> {
    for (const auto& [id, block] : leaving()) {
      if (address >= block.base && inside(block, address, bytes))
        return block.backing + (address - block.base);
    }
    if (const Block* block = find_block(address)) {
      if (block->backing == nullptr) return std::nullopt;  // mapped, and nobody has access
      const bool whole = block->kind == Kind::mapped ? inside_mappings(*block, address, bytes)
                                                     : inside(*block, address, bytes);
      if (!whole) return std::nullopt;
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
  if (block && block->backing == nullptr) {
    violation("%s uses %zu bytes at 0x%llx, which is mapped and nobody has access to", who, bytes, address);
  } else if (block) {
    violation("%s reaches %llu bytes past the end of the %zu bytes at 0x%llx", who,
              address - block->base + bytes - block->bytes, block->bytes, block->base);
  } else {
    violation("%s uses %zu bytes at 0x%llx, which is freed or was never allocated", who, bytes, address);
  }
  return nullptr;
}

}  // namespace simcuda

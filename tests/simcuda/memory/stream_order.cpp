#include "memory/stream_order.hpp"

#include <functional>
#include <optional>
#include <utility>

#include "base/lock.hpp"
#include "heap/blocks.hpp"
#include "heap/heap.hpp"
#include "memory/imports.hpp"
#include "memory/pools.hpp"

namespace simcuda::memory {
namespace {

/// Retires the block and queues what gives its memory back; false: another thread has freed it meanwhile.
bool retire_in_order(const Block& block, const engine::StreamRef& stream, const char* name,
                     std::function<void()> give_back) {
  bool mine = locked([&] {
    const Block* still = block_at(block.base);
    if (still == nullptr || still->id != block.id) return false;
    retire_block(block.base);
    return true;
  });
  if (!mine) return false;
  engine::Work work;
  work.what = name;
  work.run = [id = block.id, give_back = std::move(give_back)] {
    locked([&] {
      forget_block(id);
      give_back();
    });
    return CUDA_SUCCESS;
  };
  engine::submit(stream, std::move(work));
  return true;
}

}  // namespace

CUresult free_in_order(CUdeviceptr base, const engine::StreamRef& stream, const char* name) {
  std::lock_guard guard(pools_mutex());
  auto block = locked([&]() -> std::optional<Block> {
    const Block* found = block_at(base);
    return found == nullptr ? std::nullopt : std::optional(*found);
  });
  if (!block) return CUDA_ERROR_INVALID_VALUE;
  if (block->kind == Kind::pool) {
    auto pool = pool_behind(block->pool);
    return pool ? pool->free_in_order(base, stream, name) : CUDA_ERROR_INVALID_VALUE;
  }
  bool done = false;
  if (block->kind == Kind::device && block->release == nullptr) {
    done = retire_in_order(*block, stream, name, [gone = *block] { free_device(gone); });
  } else if (block->kind == Kind::imported && block->pool != nullptr) {
    done = retire_in_order(*block, stream, name, [base] { unmap_import(base); });
  }
  return done ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace simcuda::memory

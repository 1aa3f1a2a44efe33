#include "memory/pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "base/lock.hpp"
#include "device/device.hpp"
#include "heap/blocks.hpp"
#include "heap/window.hpp"
#include "memory/pools.hpp"
#include "memory/properties.hpp"

namespace simcuda::memory {
namespace {

constexpr std::size_t kSegment = std::size_t{32} << 20;

std::size_t rounded(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

CUresult release_pool_block(CUdeviceptr base) {
  std::lock_guard guard(pools_mutex());
  void* handle = locked([&]() -> void* {
    const Block* block = block_at(base);
    return block == nullptr ? nullptr : block->pool;
  });
  auto pool = pool_behind(handle);
  return pool ? pool->free_now(base) : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

CUresult Pool::allocate(std::size_t bytes, const engine::StreamRef& stream, Taken& taken) {
  if (is_import() || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  if (bytes > (std::size_t{1} << 48)) return CUDA_ERROR_OUT_OF_MEMORY;
  PoolBlocks::Take wanted{.bytes = bytes, .stream = engine::id_of(stream), .reuse = reuse_, .follows = {}};
  wanted.follows = [&](Order order) {
    auto found = pending_.find(order.ticket);
    return found != pending_.end() && engine::follows(stream, found->second);
  };
  auto block = blocks_.take(wanted);
  if (!block && grow(bytes)) block = blocks_.take(wanted);
  if (!block) block = blocks_.take_by_waiting(wanted);
  if (!block) return CUDA_ERROR_OUT_OF_MEMORY;
  if (block->wait_for) {
    auto found = pending_.find(block->wait_for->ticket);
    if (found != pending_.end()) taken.wait_for = found->second;
  }
  taken.base = block->base;
  enter(block->base, bytes);
  note_high();
  return CUDA_SUCCESS;
}

CUresult Pool::free_in_order(CUdeviceptr base, const engine::StreamRef& stream, const char* name) {
  auto used = blocks_.used_block(base);
  if (!used || used->first != base) return CUDA_ERROR_INVALID_VALUE;
  Order order{.stream = engine::id_of(stream), .ticket = ++last_ticket_};
  std::uint64_t id = locked([&] {
    std::uint64_t number = block_at(base)->id;
    retire_block(base);
    return number;
  });
  if (!blocks_.free_in_order(base, order)) return CUDA_ERROR_INVALID_VALUE;
  engine::Work work;
  work.what = name;
  work.run = [self = shared_from_this(), base, bytes = used->second.bytes, order, id] {
    std::lock_guard guard(pools_mutex());
    self->finish_free(base, bytes, order, id);
    return CUDA_SUCCESS;
  };
  pending_[order.ticket] = engine::submit(stream, std::move(work));
  return CUDA_SUCCESS;
}

CUresult Pool::free_now(CUdeviceptr base) {
  if (!blocks_.free_now(base)) return CUDA_ERROR_INVALID_VALUE;
  locked([&] { remove_block(base); });
  if (destroyed_) destroy();
  return CUDA_SUCCESS;
}

void Pool::trim(std::size_t keep) {
  blocks_.trim(keep, [this](CUdeviceptr base, std::size_t bytes) { give_back(base, bytes); });
}

void Pool::synchronised() {
  blocks_.observe(0);
  trim(threshold_);
}

void Pool::destroy() {
  destroyed_ = true;
  if (!blocks_.quiet()) return;
  blocks_.observe(0);
  trim(0);
  drop_pool(this);
}

bool Pool::grow(std::size_t bytes) {
  return add_segment(rounded(bytes, kSegment)) || add_segment(rounded(bytes, kGranularity));
}

bool Pool::add_segment(std::size_t bytes) {
  std::size_t limit = rounded(properties_.maxSize, kGranularity);
  if (limit != 0 && blocks_.reserved_bytes() + bytes > limit) return false;
  bool on_device = properties_.location.type == CU_MEM_LOCATION_TYPE_DEVICE;
  return locked([&] {
    auto base = window().take(bytes);
    if (!base) return false;
    Segment segment;
    segment.physical = Physical::take({.device = on_device ? properties_.location.id : Physical::kHost,
                                       .bytes = bytes,
                                       .shareable = properties_.handleTypes != 0,
                                       .kind = SharedMemory::Kind::Segment});
    segment.backing = segment.physical ? view_of(segment, *base) : nullptr;
    if (segment.backing == nullptr) {
      window().give(*base, bytes);
      return false;
    }
    segments_.emplace(*base, std::move(segment));
    blocks_.add_segment(*base, bytes);
    return true;
  });
}

std::byte* Pool::view_of(Segment& segment, CUdeviceptr base) {
  std::size_t bytes = segment.physical->bytes();
  if (is_host(properties_.location.type)) {  // the host may touch it: the program's addresses are ours too
    auto* place = reinterpret_cast<std::byte*>(base);
    return segment.physical->show(place, bytes, 0, PROT_READ | PROT_WRITE) ? place : nullptr;
  }
  std::byte* view = reserve_addresses(bytes);
  if (view == nullptr) return nullptr;
  if (!segment.physical->show(view, bytes, 0, PROT_READ | PROT_WRITE)) {
    release_addresses(view, bytes);
    return nullptr;
  }
  segment.own_view = true;
  return view;
}

void Pool::enter(CUdeviceptr base, std::size_t bytes) {
  auto found = std::prev(segments_.upper_bound(base));
  std::size_t offset = base - found->first;
  const Segment& segment = found->second;
  bool on_device = properties_.location.type == CU_MEM_LOCATION_TYPE_DEVICE;
  Block block;
  block.base = base;
  block.bytes = bytes;
  block.kind = Kind::pool;
  block.device = on_device ? properties_.location.id : 0;
  block.backing = segment.backing + offset;
  block.pool = handle();
  block.on_host = !on_device;
  block.handle_types = properties_.handleTypes;
  block.fd = segment.physical->descriptor();
  block.fd_offset = segment.physical->offset() + offset;
  block.release = release_pool_block;
  locked([&] { add_block(block); });
}

void Pool::finish_free(CUdeviceptr base, std::size_t bytes, Order order, std::uint64_t block) {
  pending_.erase(order.ticket);
  blocks_.complete(base, bytes, order);
  locked([&] { forget_block(block); });
  if (destroyed_) destroy();
}

void Pool::give_back(CUdeviceptr base, std::size_t bytes) {
  auto segment = segments_.extract(base);
  locked([&] {
    if (segment.mapped().own_view) {
      release_addresses(segment.mapped().backing, bytes);
    } else {
      window().close(base, bytes);
    }
    window().give(base, bytes);
    segment.mapped().physical.reset();
  });
}

void Pool::note_high() {
  used_high_ = std::max<std::uint64_t>(used_high_, blocks_.used_bytes());
  reserved_high_ = std::max<std::uint64_t>(reserved_high_, blocks_.reserved_bytes());
}

}  // namespace simcuda::memory

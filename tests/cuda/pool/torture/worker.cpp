#include "torture/worker.hpp"

#include <thread>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "simcuda.h"

extern "C" {
CUresult CUDAAPI cuLaunchKernel_ptsz(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                     CUstream, void**, void**);
CUresult CUDAAPI cuMemcpyDtoDAsync_v2_ptsz(CUdeviceptr, CUdeviceptr, std::size_t, CUstream);
CUresult CUDAAPI cuMemsetD8Async_ptsz(CUdeviceptr, unsigned char, std::size_t, CUstream);
CUresult CUDAAPI cuMemFreeAsync_ptsz(CUdeviceptr, CUstream);
}

namespace torture {
namespace {

// Blocks between threads: who frees a block need not be who used it. Registered by all workers.
std::mutex g_workers_lock;
std::vector<Worker*> g_workers;
std::mutex g_gifts_lock;
std::vector<std::unique_ptr<Block>> g_gifts;

/// Is this variable's value that? What weir promises differs.
bool is_so(const char* variable, std::string_view value) {
  const char* set = std::getenv(variable);
  return set != nullptr && set == value;
}
const bool is_deferred = is_so("WEIR_DEVICE_FREE", "deferred"), is_slab = is_so("WEIR_DEVICE_POOL", "slab");

constexpr std::size_t kMostBlocks = 60;
constexpr std::size_t kKept = 24;  ///< bytes at the ends and in the middle that bear the stamp

}  // namespace

Worker::Worker(World& world, int number)
    : world_{world}, number_{number}, random_{world.options.seed * 1000 + static_cast<std::uint64_t>(number)} {
  const std::lock_guard hold{g_workers_lock};
  g_workers.push_back(this);
}

void Worker::work() {
  using Seconds = std::chrono::duration<double>;
  const Options& options = world_.options;
  for (std::uint64_t i = 0; i != options.operations && !is_stopped(); ++i) {
    if (options.seconds > 0 && i % 64 == 0 && Seconds(std::chrono::steady_clock::now() - options.began).count() > options.seconds)
      break;
    if (random_.one_in(200)) {
      alone();
      continue;
    }
    const std::shared_lock hold{world_.lock};
    step();
    if (options.threads == 1) world_.holdings.check_account("between two calls");
  }
}

void Worker::step() {
  ++g_sums.operations;
  const std::uint64_t what = random_.below(100);
  if (what < 20) return blocks_.size() < kMostBlocks ? allocate() : free_one();
  if (what < 29) return blocks_.size() < kMostBlocks ? allocate_host() : free_one();
  if (what < 53) return free_one();
  if (what < 54) return free_in_order();
  if (what < 55) return free_wrongly();
  if (what < 57) return give_away();
  if (what < 88) {
    Block* block = any_block();
    if (block == nullptr) return allocate();
    return what < 73 ? use_home(*block) : what < 81 ? use_elsewhere(*block) : copy(any_stream());
  }
  if (what < 93) return wait_or_ask();
  if (what < 95) return change_stream();
  if (what < 97) return hold_or_step();
  if (!is_capturing_) return capture();
}

// Often one of a few sizes: what is freed soon fits again.
std::size_t Worker::any_size() {
  static constexpr std::size_t kUsual[] = {64, 500, 4096, 5000, 70000, 1U << 20, 3U << 20};
  const std::uint64_t most = world_.options.small ? 4U << 20 : 9U << 20;
  switch (random_.below(10)) {
    case 0: return 1 + random_.below(most);
    case 1: return 8 << random_.below(14);
    case 2:
    case 3: return 1 + random_.below(6000);
    default: return kUsual[random_.below(7)];
  }
}

Worker::Stream& Worker::any_stream() {
  if (streams_.empty()) change_stream();
  if (streams_.empty()) streams_.push_back({nullptr, world_.any_place(random_), true});
  return streams_[random_.below(streams_.size())];
}

Block* Worker::any_block() { return blocks_.empty() ? nullptr : blocks_[random_.below(blocks_.size())].get(); }

Block* Worker::any_block_for(int place) {
  for (int i = 0; i != 4; ++i)
    if (Block* block = any_block(); block != nullptr && world_.may_use(place, *block)) return block;
  return nullptr;
}

void Worker::allocate() {
  Block block{};
  block.place = world_.any_place(random_);
  block.device = world_.places[block.place].device;
  block.bytes = any_size();
  world_.enter(block.place);
  const int captures = g_captures_open;
  std::size_t pitch = 0;
  CUdeviceptr untouched = block.at = 0xABCDEF;
  block.is_pitched = random_.one_in(40);
  if (block.is_pitched) block.bytes = 512 * (1 + random_.below(8));
  const CUresult result = block.is_pitched ? cuMemAllocPitch(&block.at, &pitch, block.bytes / 8, 8, 4)
                                           : cuMemAlloc(&block.at, block.bytes);
  if (result != CUDA_SUCCESS && block.at != untouched) violation("a failed allocation has written %llx", block.at);
  if (result == CUDA_ERROR_OUT_OF_MEMORY && world_.options.small) {
    ++g_sums.no_memory;
    if (captures == 0 && g_captures_open == 0 &&
        world_.holdings.has_room_for(block.bytes, block.device, 8 << 20))
      violation("%zu bytes are refused on device %d, but there is room", block.bytes, block.device);
    return;
  }
  if (!good(result, block.is_pitched ? "cuMemAllocPitch" : "cuMemAlloc")) return;
  ++g_sums.allocations;
  world_.holdings.enter(block);
  blocks_.push_back(std::make_unique<Block>(block));
}

void Worker::allocate_host() {
  Block block{};
  block.is_pinned = true;
  block.place = world_.any_place(random_);
  block.device = world_.places[block.place].device;
  block.bytes = random_.one_in(3) ? any_size() : 5000;
  world_.enter(block.place);
  static constexpr unsigned kFlags[] = {0, 0, CU_MEMHOSTALLOC_PORTABLE, CU_MEMHOSTALLOC_DEVICEMAP,
                                        CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_WRITECOMBINED};
  void* at = nullptr;
  const CUresult result = random_.below(4) != 0 ? cuMemAllocHost(&at, block.bytes)
                                                : cuMemHostAlloc(&at, block.bytes, kFlags[random_.below(5)]);
  if (!good(result, "cuMemHostAlloc")) return;
  ++g_sums.pinned;
  block.at = reinterpret_cast<CUdeviceptr>(at);
  world_.holdings.enter(block);
  static_cast<volatile char*>(at)[block.bytes - 1] = 1;
  blocks_.push_back(std::make_unique<Block>(block));
}

void Worker::forget(std::size_t index) {
  blocks_[index] = std::move(blocks_.back());
  blocks_.pop_back();
}

bool Worker::free_block(Block& block) {
  const int from = random_.one_in(3) ? world_.any_place(random_) : block.place;  // current need not be its own
  world_.enter(from);
  if (!block.is_pinned && !block.is_pitched && random_.one_in(100)) {
    unsigned char handle[64];
    if (cuIpcGetMemHandle(reinterpret_cast<CUipcMemHandle*>(handle), block.at) == CUDA_SUCCESS) block.is_exported = true;
  }
  world_.holdings.leave(block);
  const CUresult result =
      block.is_pinned ? cuMemFreeHost(reinterpret_cast<void*>(block.at)) : cuMemFree(block.at);
  if (!good(result, block.is_pinned ? "cuMemFreeHost" : "cuMemFree")) {
    world_.holdings.back(block);
    return false;
  }
  if (block.is_exported && world_.options.threads == 1 && simcuda_block_bytes(block.at) != 0)
    violation("0x%llx was exported, and is not really freed", block.at);
  ++g_sums.frees;
  last_freed_ = block.is_pinned ? 0 : block.at;
  return true;
}

void Worker::free_one() {
  std::unique_ptr<Block> gift;
  if (random_.one_in(8)) {
    const std::lock_guard hold{g_gifts_lock};
    if (!g_gifts.empty()) {
      gift = std::move(g_gifts.back());
      g_gifts.pop_back();
    }
  }
  if (gift != nullptr) {
    if (!free_block(*gift)) blocks_.push_back(std::move(gift));
    return;
  }
  if (blocks_.empty()) return;
  const std::size_t index = random_.one_in(3) ? blocks_.size() - 1 : random_.below(blocks_.size());
  if (free_block(*blocks_[index])) forget(index);
}

// Memory of cuMemAlloc, freed in the order of the stream where all its work is.
void Worker::free_in_order() {
  if (blocks_.empty()) return;
  const std::size_t index = random_.below(blocks_.size());
  Block& block = *blocks_[index];
  if (block.is_pinned || block.is_pitched || !block.only_home || block.home == nullptr || is_capturing_) return;
  if (world_.places[block.home_place].device != block.device) return;
  world_.enter(block.home_place);
  world_.holdings.leave(block);
  world_.holdings.in_order();
  if (!GOOD(cuMemFreeAsync(block.at, block.home))) return world_.holdings.back(block);
  ++g_sums.ordered_frees;
  forget(index);
}

// What the program does not hold, and without a context: the driver's codes, and nothing happens.
void Worker::free_wrongly() {
  if (world_.options.threads != 1 || g_captures_open != 0) return;
  world_.enter(world_.any_place(random_));
  if (last_freed_ != 0 && !world_.holdings.holds(last_freed_))
    if (const CUresult result = cuMemFree(last_freed_); result != CUDA_ERROR_INVALID_VALUE)
      violation("freeing a freed block answers %d", static_cast<int>(result));
  if (blocks_.empty()) return;
  const std::size_t index = random_.below(blocks_.size());
  const Block block = *blocks_[index];
  if (block.is_pinned) return;
  if (const CUresult result = cuMemFree(block.at + 256); result != CUDA_ERROR_INVALID_VALUE)
    violation("freeing the inside of a block answers %d", static_cast<int>(result));
  cuCtxSetCurrent(nullptr);
  world_.holdings.leave(block);
  const CUresult result = cuMemFree(block.at);
  if (result == CUDA_SUCCESS && (is_deferred || is_slab)) return forget(index);  // needs no context, and does not ask for one
  world_.holdings.back(block);
  if (result != CUDA_ERROR_INVALID_CONTEXT) violation("freeing without a context answers %d", static_cast<int>(result));
}

void Worker::give_away() {
  if (blocks_.empty() || is_capturing_) return;
  std::unique_ptr<Block> gift = std::move(blocks_.back());
  blocks_.pop_back();
  gift->lose_home();
  const std::lock_guard hold{g_gifts_lock};
  g_gifts.push_back(std::move(gift));
}

void Worker::launch(Stream stream, Block& block, bool is_stamp) {
  const Place& place = world_.places[stream.place];
  world_.enter(stream.place);
  std::uint64_t at = block.at, bytes = block.bytes, value = block.stamp;
  void* parameters[] = {&at, &bytes, &value};
  CUfunction kernel = is_stamp ? place.stamp : place.check;
  const bool per_thread = stream.handle == CU_STREAM_PER_THREAD && random_.one_in(2);
  const CUresult result =
      per_thread ? cuLaunchKernel_ptsz(kernel, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr)
                 : cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, stream.handle, parameters, nullptr);
  if (!good(result, "cuLaunchKernel")) return;
  ++g_sums.launches;
}

void Worker::use_home(Block& block) {
  if (block.home != nullptr && !world_.may_use(block.home_place, block)) block.lose_home();  // access was taken back
  if (block.home == nullptr) {
    Stream stream = any_stream();
    // Rather in another context than the block's own.
    for (int i = 0; i != 3 && (stream.place == block.place || !world_.may_use(stream.place, block)); ++i) stream = any_stream();
    if (stream.handle == nullptr || !is_free(stream.handle) || !world_.may_use(stream.place, block)) return;
    block.home = stream.handle;
    block.home_place = stream.place;
    block.is_stamped = false;
  }
  const Stream home{block.home, block.home_place, true};
  if (!is_free(home.handle)) return;
  const std::uint64_t refused = g_refusals;
  launch(home, block, !block.is_stamped || random_.one_in(3));
  if (g_refusals == refused && !is_stopped()) block.is_stamped = true;
}

// In another stream, behind what the home has been given so far.
void Worker::use_elsewhere(Block& block) {
  Stream other = any_stream();
  if (!world_.may_use(other.place, block) || !is_free(other.handle)) return;
  if (block.home == nullptr || !block.is_stamped || !is_free(block.home) || !world_.may_use(block.home_place, block)) {
    block.only_home = false;
    return fill(other, block);
  }
  world_.enter(block.home_place);
  CUevent event = nullptr;
  if (!GOOD(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING))) return;
  if (GOOD(cuEventRecord(event, block.home)) && (world_.enter(other.place), true) &&
      GOOD(cuStreamWaitEvent(other.handle, event, 0))) {
    block.only_home = false;
    launch(other, block, false);
  }
  GOOD(cuEventDestroy(event));
}

// Only bytes that bear no stamp.
void Worker::fill(Stream stream, Block& block) {
  if (block.bytes < 64) return;
  world_.enter(stream.place);
  const std::size_t bytes = 1 + random_.below(std::min<std::size_t>(block.bytes / 2 - kKept, 5000));
  const bool per_thread = stream.handle == CU_STREAM_PER_THREAD && random_.one_in(2);
  good(per_thread ? cuMemsetD8Async_ptsz(block.at + 8, 1, bytes, nullptr)
                  : cuMemsetD8Async(block.at + 8, 1, bytes, stream.handle),
       "cuMemsetD8Async");
}

// Copies between devices, and between contexts that are named, need no access to the other's memory.
void Worker::copy(Stream stream) {
  const bool needs_access = !random_.one_in(3);
  Block* to = needs_access ? any_block_for(stream.place) : any_block();
  Block* from = needs_access ? any_block_for(stream.place) : any_block();
  if (to == nullptr || from == nullptr || to == from || !is_free(stream.handle)) return;
  if (!needs_access && (to->is_pinned || from->is_pinned)) return;
  const std::size_t room = std::min(to->bytes, from->bytes);
  if (room < 64) return;
  const std::size_t bytes = 1 + random_.below(std::min<std::size_t>(room / 2 - kKept, 5000));
  for (Block* block : {to, from})
    if (block->home != stream.handle || block->home_place != stream.place || stream.handle == nullptr) block->only_home = false;
  world_.enter(stream.place);
  if (!needs_access) {
    peer_copy(stream, *to, *from, bytes);
  } else if (!is_capturing_ && random_.one_in(20)) {
    GOOD(cuMemcpy(to->at + 8, from->at + 8, bytes));
    to->only_home = from->only_home = false;
  } else if (to->is_pinned && !from->is_pinned) {
    GOOD(cuMemcpyDtoHAsync(reinterpret_cast<void*>(to->at + 8), from->at + 8, bytes, stream.handle));
  } else if (!to->is_pinned && from->is_pinned) {
    GOOD(cuMemcpyHtoDAsync(to->at + 8, reinterpret_cast<void*>(from->at + 8), bytes, stream.handle));
  } else if (stream.handle == CU_STREAM_PER_THREAD && !to->is_pinned) {
    good(cuMemcpyDtoDAsync_v2_ptsz(to->at + 8, from->at + 8, bytes, nullptr), "cuMemcpyDtoDAsync");
  } else if (!to->is_pinned && world_.places[to->place].context != nullptr && random_.one_in(2)) {
    GOOD(cuMemcpyPeerAsync(to->at + 8, world_.places[to->place].context, from->at + 8,
                           world_.places[from->place].context, bytes, stream.handle));
  } else {
    GOOD(cuMemcpyAsync(to->at + 8, from->at + 8, bytes, stream.handle));
  }
}

void Worker::peer_copy(Stream stream, const Block& to, const Block& from, std::size_t bytes) {
  const CUcontext to_context = world_.places[to.place].context, from_context = world_.places[from.place].context;
  ++g_sums.peer_copies;
  switch (random_.below(3)) {
    case 0: GOOD(cuMemcpyPeerAsync(to.at + 8, to_context, from.at + 8, from_context, bytes, stream.handle)); return;
    case 1: {
      CUDA_MEMCPY3D_PEER asked{};
      asked.srcMemoryType = asked.dstMemoryType = CU_MEMORYTYPE_DEVICE;
      asked.srcDevice = from.at + 8;
      asked.srcContext = from_context;
      asked.dstDevice = to.at + 8;
      asked.dstContext = to_context;
      asked.WidthInBytes = bytes;
      asked.Height = asked.Depth = 1;
      GOOD(cuMemcpy3DPeerAsync(&asked, stream.handle));
      return;
    }
    default: GOOD(cuMemcpyAsync(to.at + 8, from.at + 8, bytes, stream.handle));
  }
}

void Worker::wait_or_ask() {
  Stream stream = any_stream();
  world_.enter(stream.place);
  const auto asked = [](CUresult result, const char* what) {
    if (result != CUDA_ERROR_NOT_READY) good(result, what);
  };
  switch (random_.below(is_capturing_ ? 1 : 7)) {
    case 0: return;
    case 1: GOOD(cuCtxSynchronize()); return;
    case 2:
    case 3: GOOD(cuStreamSynchronize(stream.handle)); return;
    case 4: asked(cuStreamQuery(stream.handle), "cuStreamQuery"); return;
    default: {
      CUevent event = nullptr;
      if (!GOOD(cuEventCreate(&event, CU_EVENT_DEFAULT))) return;
      if (GOOD(cuEventRecord(event, stream.handle)))
        random_.one_in(2) ? asked(cuEventQuery(event), "cuEventQuery") : asked(cuEventSynchronize(event), "cuEventSynchronize");
      GOOD(cuEventDestroy(event));
    }
  }
}

void Worker::change_stream() {
  if (is_capturing_) return;
  if (streams_.size() > 6) {
    const std::size_t index = random_.below(streams_.size());
    const Stream gone = streams_[index];
    streams_[index] = streams_.back();
    streams_.pop_back();
    if (gone.handle == nullptr || gone.handle == CU_STREAM_PER_THREAD) return;
    world_.enter(gone.place);
    GOOD(cuStreamDestroy(gone.handle));  // its work goes on
    for (auto& block : blocks_)
      if (block->home == gone.handle) block->lose_home();
    return;
  }
  Stream fresh{nullptr, world_.any_place(random_), true};
  world_.enter(fresh.place);
  switch (random_.below(6)) {
    case 0: break;
    case 1: fresh.handle = CU_STREAM_PER_THREAD; break;
    case 2:
    case 3: fresh.is_blocking = false; [[fallthrough]];
    default:
      if (!GOOD(cuStreamCreate(&fresh.handle, fresh.is_blocking ? CU_STREAM_DEFAULT : CU_STREAM_NON_BLOCKING))) return;
  }
  streams_.push_back(fresh);
}

void Worker::hold_or_step() {
  if (!world_.options.held || streams_.empty()) return;
  const Stream stream = any_stream();
  world_.enter(stream.place);
  if (random_.one_in(3))
    simcuda_step(stream.handle);
  else
    simcuda_hold(stream.handle);
}

void Worker::drop_place(int place) {
  std::erase_if(blocks_, [&](auto& block) {
    if (block->place != place) {
      if (block->home_place == place) block->lose_home();
      return false;
    }
    world_.holdings.leave(*block);
    return true;
  });
  std::erase_if(streams_, [&](const Stream& stream) { return stream.place == place; });
}

void Worker::alone() {
  const std::unique_lock hold{world_.lock};
  ++g_sums.operations;
  if (world_.options.held) simcuda_release_all();
  const std::uint64_t what = random_.below(8);
  if (what < 3) {
    world_.change_peers(random_);
  } else if (what < 5) {
    world_.begin_context(random_);
  } else if (what < 7 && !world_.options.calm) {
    const int place = world_.end_context(random_);
    if (place < 0) return;
    for (Worker* worker : g_workers) worker->drop_place(place);
    std::erase_if(g_gifts, [&](auto& gift) {
      if (gift->place != place) return false;
      world_.holdings.leave(*gift);
      return true;
    });
  }
  // The capture of another thread, or a busy device, has kept the driver from taking something back: it must go with calls that come
  // at least 10 ms later (docs/pools.md).
  for (int i = 0; i != 5 && world_.options.threads > 1 && !world_.holdings.is_within_bounds(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(i == 0 ? 0 : 11));
    world_.tidy();
  }
  if (!is_stopped()) world_.holdings.check_account("with nobody in a call");
}

void Worker::free_all() {
  for (auto& block : blocks_) free_block(*block);
  blocks_.clear();
  const std::lock_guard hold{g_gifts_lock};
  for (auto& gift : g_gifts) free_block(*gift);
  g_gifts.clear();
}

}  // namespace torture

#include "core/engine/cuda_unrecorded.hpp"

#include "core/engine/cuda_count.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

/// In CudaTaken and the table: a block, of no site.
constexpr std::uint32_t kNoSite = ~std::uint32_t{0};

struct Unrecorded {
  std::atomic<bool> is_kept;
  std::atomic<std::uint64_t> live[profile::kMaxDevices];  ///< written under the books' lock
};
constinit Unrecorded g_unrecorded{};

void count(const ledger::Block& block) noexcept { g_unrecorded.live[block.device] += block.bytes; }
void uncount(const ledger::Block& block) noexcept { g_unrecorded.live[block.device] -= block.bytes; }

/// Runs `act` under the books' lock. Not in a signal handler that has interrupted weir.
template <class Act>
void in_books(Act act) noexcept {
  if (!g_unrecorded.is_kept.load(std::memory_order_relaxed)) return;
  const KeepOut keep_out;
  if (!keep_out.entered) return;
  const platform::Holding hold{g_cuda.lock};
  act();
}

/// Under the lock.
void take_out(const ledger::Key& key) noexcept {
  const ledger::Block* block = g_cuda.blocks.find(key);
  if (block == nullptr) return;
  uncount(*block);
  g_cuda.blocks.take(key);
}

/// Under the lock.
void enter(const ledger::Key& key, const CudaBlock& block) noexcept {
  take_out(key);  // freed in a way that weir did not see, or it goes with its context
  const ledger::Block* entered = g_cuda.blocks.enter(key, {.bytes = block.bytes,
                                                           .context = block.context,
                                                           .born = 0,
                                                           .site = kNoSite,
                                                           .shares = 0,
                                                           .space = block.space,
                                                           .kind = block.kind,
                                                           .device = block.device,
                                                           .ending = 0});
  if (entered != nullptr) count(*entered);
}

template <class Goes>
void release_all(Goes goes) noexcept {
  in_books([&]() noexcept {
    g_cuda.blocks.free_if(kNoSite, [&](const ledger::Key&, const ledger::Block& block) noexcept {
      if (!goes(block)) return false;
      uncount(block);
      return true;
    });
  });
}

}  // namespace

void keep_unrecorded_cuda() noexcept { g_unrecorded.is_kept.store(true, std::memory_order_relaxed); }

void forget_unrecorded_cuda() noexcept {
  if (!g_unrecorded.is_kept.load(std::memory_order_relaxed)) return;
  g_cuda.lock.reset();
  g_cuda.blocks.clear();
  for (std::atomic<std::uint64_t>& live : g_unrecorded.live) live = 0;
}

void unrecorded_allocated(CudaKey keys, const CudaBlock& block) noexcept {
  if (block.space != profile::Space::Device) return;
  in_books([&]() noexcept { enter(ledger_key(keys, block.key), block); });
}

CudaTaken unrecorded_take(CudaKey keys, std::uint64_t key) noexcept {
  CudaTaken taken{};
  in_books([&]() noexcept {
    const ledger::Block* found = g_cuda.blocks.find(ledger_key(keys, key));
    if (found == nullptr) return;
    taken = {.block = {.key = key,
                       .bytes = found->bytes,
                       .context = found->context,
                       .space = found->space,
                       .kind = found->kind,
                       .device = found->device},
             .site = kNoSite,
             .keys = keys,
             .is_shared = false,
             .is_temporary = false,
             .born = 0};
    take_out(ledger_key(keys, key));
  });
  return taken;
}

bool unrecorded_put_back(const CudaTaken& taken) noexcept {
  in_books([&]() noexcept {
    const ledger::Key key = ledger_key(taken.keys, taken.block.key);
    if (g_cuda.blocks.find(key) == nullptr) enter(key, taken.block);
  });
  return true;
}

void unrecorded_context_ended(std::uint64_t context) noexcept {
  release_all([=](const ledger::Block& block) noexcept { return block.context == context; });
}

std::uint32_t unrecorded_context_ending(std::uint64_t context) noexcept {
  std::uint32_t end = 0;
  in_books([&]() noexcept {
    end = ++g_cuda.ends;
    g_cuda.blocks.each_value([=](ledger::Block& block) noexcept {
      if (block.context == context && block.ending == 0) block.ending = end;
    });
  });
  return end;
}

void unrecorded_end_done(std::uint32_t end) noexcept {
  release_all([=](const ledger::Block& block) noexcept { return block.ending == end; });
}

void unrecorded_end_failed(std::uint32_t end) noexcept {
  in_books([=]() noexcept {
    g_cuda.blocks.each_value([=](ledger::Block& block) noexcept {
      if (block.ending == end) block.ending = 0;
    });
  });
}

std::uint64_t unrecorded_live(std::uint8_t device) noexcept { return g_unrecorded.live[device].load(); }

}  // namespace weir::engine

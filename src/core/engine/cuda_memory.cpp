// CUDA blocks come and go.
#include "core/engine/cuda_memory.hpp"

#include "core/engine/capture_site.hpp"
#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_unrecorded.hpp"
#include "core/engine/misuse.hpp"
#include "core/engine/operation.hpp"

namespace weir::engine {
namespace {

using ledger::Key;
using profile::ErrorKind;
using profile::Space;

constexpr auto kUntracked = static_cast<std::uint32_t>(profile::FixedSite::Untracked);

/// There is a live block already. What else the key may say of itself: true, and there is nothing to enter.
[[gnu::noinline, gnu::cold]] bool is_shared_once_more(const Key& key, const CudaBlock& block) noexcept {
  ledger::Block* old = g_cuda.blocks.find(key);
  if (old->space == Space::Imported && block.space == Space::Imported && old->bytes == block.bytes) {
    ++old->shares;
    return true;
  }
  if (old->ending != 0) {  // its context's end will count it
    const ledger::Block gone = *old;
    g_cuda.blocks.take(key);
    if (g_cuda.blocks.enter(ledger_key(CudaKey::Ending, gone.born), gone) == nullptr)
      count_cuda_free(gone, false);
    return false;
  }
  // The driver hands out no live block: this one was freed in a way that weir did not see.
  add_shared(losses().cuda_frees_missed, 1);
  count_cuda_free(*old, false);
  g_cuda.blocks.take(key);
  return false;
}

/// Under the lock.
void enter(ThreadState& self, const Key& key, const CudaBlock& block, std::uint32_t site) noexcept {
  ledger::Blocks::Spot spot = g_cuda.blocks.look(key);
  if (spot.live() != nullptr) [[unlikely]] {
    if (is_shared_once_more(key, block)) return;
    spot = g_cuda.blocks.look(key);
  }
  const std::uint64_t born = ++g_cuda.born;
  // First the ledger: what it does not know is never seen freed, and must not be counted.
  ledger::Block* entered = site == 0 ? nullptr : g_cuda.blocks.enter(spot);
  if (entered == nullptr) {
    add_shared(losses().cuda_blocks_dropped, 1);
    return;
  }
  // In place: a copy of what was just written in parts would wait for the parts.
  entered->bytes = block.bytes;
  entered->context = block.context;
  entered->born = born;
  entered->site = site;
  entered->shares = 0;
  entered->space = block.space;
  entered->kind = block.kind;
  entered->device = block.device;
  entered->ending = 0;
  entered->site = count_cuda_alloc(*entered);
  if (entered->site == 0) {
    g_cuda.blocks.take(key);
    add_shared(losses().cuda_blocks_dropped, 1);
    return;
  }
  self.last_cuda = born;
}

ledger::Block entry_of(const CudaTaken& taken) noexcept {
  const CudaBlock& block = taken.block;
  return {.bytes = block.bytes,
          .context = block.context,
          .born = taken.born,
          .site = taken.site,
          .shares = 0,
          .space = block.space,
          .kind = block.kind,
          .device = block.device,
          .ending = 0};
}

/// Under the lock. `freed_site`: who frees.
void take(ThreadState& self, CudaTaken& taken, CudaKey keys, std::uint64_t key,
          std::uint32_t freed_site) noexcept {
  const Key in_books = ledger_key(keys, key);
  const ledger::Blocks::Spot spot = g_cuda.blocks.look(in_books);
  ledger::Block* found = spot.live();
  taken.keys = keys;
  taken.born = g_cuda.born;
  if (found == nullptr) return;
  taken.block.key = key;
  taken.block.bytes = found->bytes;
  taken.block.context = found->context;
  taken.block.space = found->space;
  taken.block.kind = found->kind;
  taken.block.device = found->device;
  taken.site = found->site;
  taken.is_shared = found->shares != 0;
  taken.born = found->born;
  if (taken.is_shared) {
    --found->shares;
    return;
  }
  if (taken.site < g_first_own_site) {
    g_cuda.blocks.take(in_books);
    return;
  }
  taken.is_temporary = taken.born == self.last_cuda;
  if (taken.is_temporary) self.last_cuda = 0;
  count_cuda_free(*found, taken.is_temporary);
  g_cuda.blocks.free(spot, freed_site);
}

bool put_back(ThreadState& self, const CudaTaken& taken) noexcept {
  const platform::Holding hold{g_cuda.lock};
  const Key key = ledger_key(taken.keys, taken.block.key);
  ledger::Block* now = g_cuda.blocks.find(key);
  if (taken.is_shared && now != nullptr) {
    ++now->shares;
    return true;
  }
  // Freed by another thread meanwhile, perhaps handed out again; or there is no memory to remember it: it stays counted as freed.
  const ledger::Freed* freed = g_cuda.blocks.find_freed(key);
  if (now != nullptr || (freed != nullptr && freed->is_done)) return false;
  if (g_cuda.blocks.enter(key, entry_of(taken)) == nullptr) return false;
  uncount_cuda_free(entry_of(taken), taken.is_temporary);
  if (taken.is_temporary) self.last_cuda = taken.born;
  return true;
}

/// Under the lock.
void forget_untaken(const Key& key, std::uint64_t born, std::uint32_t freed_site) noexcept {
  const ledger::Block* now = g_cuda.blocks.find(key);
  if (now != nullptr && now->born > born) return;  // handed out again
  ledger::Freed freed{
      .bytes = 0, .allocated_site = 0, .freed_site = freed_site, .space = Space::Device, .is_done = true};
  if (now != nullptr) {  // the thread that had taken it has put it back already
    freed = {now->bytes, now->site, freed_site, now->space, true};
    count_cuda_free(*now, false);
    g_cuda.blocks.take(key);
  }
  g_cuda.blocks.note(key, freed);
}

/// Memory that the same functions free.
bool is_freed_alike(Space a, Space b) noexcept {
  const auto is_devices = [](Space space) { return space == Space::Device || space == Space::Managed; };
  return a == b || (is_devices(a) && is_devices(b));
}

/// What is known of a key that the driver would not free. ErrorKind::None: of a live block, for another reason than that the
/// function is wrong.
profile::ErrorRecord diagnose(CudaKey keys, std::uint64_t key, Space space) noexcept {
  profile::ErrorRecord error{};
  error.kind = ErrorKind::InvalidFree;
  error.space = space;
  error.address = key;
  const platform::Holding hold{g_cuda.lock};
  if (const ledger::Block* live = g_cuda.blocks.find(ledger_key(keys, key))) {
    error.kind = is_freed_alike(live->space, space) ? ErrorKind::None : ErrorKind::MismatchedFree;
    error.space = live->space;
    error.allocated_site = live->site;
    error.bytes = live->bytes;
    return error;
  }
  if (const ledger::Freed* before = g_cuda.blocks.find_freed(ledger_key(keys, key))) {
    error.kind = ErrorKind::DoubleFree;
    error.space = before->space;
    error.allocated_site = before->allocated_site;
    error.freed_site = before->freed_site;
    error.bytes = before->bytes;
    return error;
  }
  if (keys != CudaKey::Address) return error;
  g_cuda.blocks.each([&](const Key& other, const ledger::Block& block) noexcept {
    if (other.space != static_cast<std::uint32_t>(keys) || key - other.key >= block.bytes) return;
    error.space = block.space;
    error.allocated_site = block.site;
    error.bytes = block.bytes;
  });
  return error;
}

}  // namespace

void cuda_allocated(CudaKey keys, const CudaBlock& block, Caller caller) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return unrecorded_allocated(keys, block);
  const Operation operation{self, caller};
  if (!counts_cuda()) return;
  const std::uint32_t stack_site = capture_site(self, caller);
  if (stack_site == kUntracked) return;
  const std::uint32_t site = cuda_site(stack_site, block);
  {
    const platform::Holding hold{g_cuda.lock};
    count_cuda_call(self);
    enter(self, ledger_key(keys, block.key), block, site);
  }
  tick(self);
}

CudaTaken cuda_take(CudaKey keys, std::uint64_t key, Caller caller) noexcept {
  CudaTaken taken{};
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return unrecorded_take(keys, key);
  const Operation operation{self, caller};
  if (!counts_cuda()) return taken;
  const std::uint32_t freed_site = capture_site(self, caller);
  {
    const platform::Holding hold{g_cuda.lock};
    count_cuda_call(self);
    take(self, taken, keys, key, freed_site);
  }
  tick_after_free(self);
  return taken;
}

bool cuda_put_back(const CudaTaken& taken) noexcept {
  const Caller caller = caller_of(__builtin_frame_address(0));
  ThreadState& self = t_self;
  if (!taken.found()) return true;
  if (!may_record_cuda(self, caller)) return unrecorded_put_back(taken);
  const Operation operation{self, caller};
  return !counts_cuda() || taken.site < g_first_own_site || put_back(self, taken);
}

void cuda_freed_untaken(CudaKey keys, std::uint64_t key, const CudaTaken& taken, Caller caller) noexcept {
  ThreadState& self = t_self;
  if (taken.born == 0 || !may_record_cuda(self, caller)) return;
  const Operation operation{self, caller};
  if (!counts_cuda()) return;
  const std::uint32_t freed_site = capture_site(self, caller);
  const platform::Holding hold{g_cuda.lock};
  forget_untaken(ledger_key(keys, key), taken.born, freed_site);
}

void cuda_free_refused(CudaKey keys, std::uint64_t key, Caller caller, Space space) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return;
  const Operation operation{self, caller};
  if (!counts_cuda()) return;
  profile::ErrorRecord error = diagnose(keys, key, space);
  if (error.kind == ErrorKind::None) return;
  error.site = capture_site(self, caller);
  error.at_ns = since_start_ns();
  report_misuse(error);
}

}  // namespace weir::engine

// The slow side of spend() in sampled mode, and of is_plain_block().
//
//   t_budget   0: nothing drawn   │ draw, then ask again
//              > bytes            │ plain block            (most calls never come here)
//              <= bytes           │ recorded block; budget 0, so that the next call draws
//
// So the budget is 0 from a recorded block until the thread's next allocation. While weir works on a block, whatever a
// signal handler allocates comes here too, and is told to keep out.
#include "core/engine/sampled_path.hpp"

#include <cstring>

#include "core/engine/capture_site.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/handler_path.hpp"
#include "core/engine/misuse.hpp"
#include "core/engine/operation.hpp"
#include "core/engine/sampled_count.hpp"
#include "core/engine/sampled_draw.hpp"
#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

/// Whether this request is to be recorded; if not, it is paid for.
bool is_chosen(ThreadState& self, std::size_t bytes, Caller caller) noexcept {
  if (t_budget == 0) {
    // A forked child begins its profile with its first allocation, recorded or not.
    if (load_relaxed(g_guard->generation) == 0) const Operation operation{self, caller};
    t_budget = draw();
  }
  if (spend(bytes)) return false;
  t_budget = 0;
  return !self.quiet && g_counting.load(std::memory_order_relaxed);
}

/// Gives a new block its tag and counts it.
void record(ThreadState& self, host::Block block, std::size_t bytes, Caller caller) noexcept {
  const std::uint32_t site = capture_site(self, caller);
  host::write_tag(block.at, block.class_bytes, bytes, site);
  count_sampled_alloc(site, bytes);
  self.last_block = block.at;
  tick(self);
}

/// Any allocating function: `plain` makes an unrecorded block, `obtain` one to be recorded, `in_handler` serves a signal
/// handler that must keep out.
template <class Plain, class Obtain, class InHandler>
void* allocate(std::size_t bytes, Caller caller, Plain plain, Obtain obtain, InHandler in_handler) noexcept {
  if (bytes > host::kMaxRequest) return out_of_memory();
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) return in_handler();
  if (!is_chosen(self, bytes, caller)) return plain();
  {
    const Operation operation{self, caller};
    const host::Block block = obtain();
    if (block.at != nullptr) {
      record(self, block, bytes, caller);
      return block.at;
    }
    add_shared(losses().samples_dropped, 1);
  }
  return plain();
}

void* plain_aligned(std::size_t bytes, std::size_t align) noexcept {
  void* block = weir_je_mallocx(bytes == 0 ? 1 : bytes, host::aligned_to(align));
  return block != nullptr ? block : out_of_memory();
}

void release(const Found& found, void* block) noexcept {
  host::retire_tag(block, found.class_bytes, host::Tag{found.tag.word});
  host::release_sampled(block, found.class_bytes);
}

/// Frees a block of the sampled range; `check` looks at a live block before it goes.
template <class Check>
void free_recorded(void* block, Caller caller, Check check) noexcept {
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) return defer_free(self, block);
  const Operation operation{self, caller};
  const Found found = find(block);
  if (!found.is_live()) return report_bad_free(block, found.class_bytes, found.tag, caller);
  check(found);
  // The budget is 0 until the thread allocates again.
  const bool temporary = block == self.last_block && t_budget == 0;
  if (temporary) self.last_block = nullptr;
  count_sampled_free(found.tag.site, found.tag.requested, temporary);
  release(found, block);
}

void free_unrecorded(void* block) noexcept {
  if (block == nullptr) return;
  if (host::is_ours(block)) return weir_je_free(block);
  free_foreign(block);
}

/// Makes a new block and moves to it what `block` holds, `held` bytes. The old block stays.
void* copy_to_new(const void* block, std::size_t held, std::size_t bytes, Caller caller) noexcept {
  void* fresh = sampled_alloc(bytes, caller);
  if (fresh != nullptr) std::memcpy(fresh, block, bytes < held ? bytes : held);
  return fresh;
}

/// realloc of a recorded block. It is one request more, with a decision of its own.
void* resize_recorded(void* block, std::size_t bytes, Caller caller) noexcept {
  ThreadState& self = t_self;
  const Found found = find(block);
  if (self.inside() && is_inside(self, caller)) {
    void* fresh = copy_to_new(block, found.is_live() ? found.tag.usable : found.class_bytes, bytes, caller);
    if (fresh != nullptr) defer_free(self, block);
    return fresh;
  }
  if (!found.is_live()) {
    report_bad_free(block, found.class_bytes, found.tag, caller);
    return copy_to_new(block, found.class_bytes, bytes, caller);
  }
  void* moved = nullptr;
  if (is_chosen(self, bytes, caller)) {  // it may stay where it is
    const Operation operation{self, caller};
    host::take_tag(block, found.class_bytes);
    const host::Block resized = host::reallocate_sampled(block, bytes);
    if (resized.at != nullptr) {
      count_sampled_free(found.tag.site, found.tag.requested, false);
      record(self, resized, bytes, caller);
      return resized.at;
    }
    host::put_tag_back(block, found.class_bytes, found.tag);
    add_shared(losses().samples_dropped, 1);
  }
  moved = weir_je_malloc(bytes);
  if (moved == nullptr) return out_of_memory();
  std::memcpy(moved, block, bytes < found.tag.usable ? bytes : found.tag.usable);
  const Operation operation{self, caller};
  count_sampled_free(found.tag.site, found.tag.requested, false);
  release(found, block);
  return moved;
}

/// realloc of a plain block.
void* resize_plain(void* block, std::size_t bytes, Caller caller) noexcept {
  ThreadState& self = t_self;
  const std::size_t held = weir_je_sallocx(block, 0);
  if (self.inside() && is_inside(self, caller)) {
    void* fresh = copy_to_new(block, held, bytes, caller);
    if (fresh != nullptr) defer_free(self, block);
    return fresh;
  }
  if (is_chosen(self, bytes, caller)) {
    host::Block fresh{};
    {
      const Operation operation{self, caller};
      fresh = host::allocate_sampled(bytes, 0);
      if (fresh.at != nullptr)
        record(self, fresh, bytes, caller);
      else
        add_shared(losses().samples_dropped, 1);
    }
    if (fresh.at != nullptr) {
      std::memcpy(fresh.at, block, bytes < held ? bytes : held);
      weir_je_free(block);
      return fresh.at;
    }
  }
  void* moved = weir_je_realloc(block, bytes);
  return moved != nullptr ? moved : out_of_memory();
}

/// Another allocator's block becomes one of ours.
void* adopt(void* block, std::size_t bytes, Caller caller) noexcept {
  const std::size_t held = usable_size_foreign(block);
  if (held == 0) return realloc_foreign(block, bytes);
  void* fresh = copy_to_new(block, held, bytes, caller);
  if (fresh != nullptr) free_foreign(block);
  return fresh;
}

}  // namespace

bool begin_sampling() noexcept {
  if (!host::begin_sampled_blocks() || !begin_sampled_counts()) return false;
  begin_draws(g_config.sample_every.bytes);
  header().sample_every = g_config.sample_every.bytes;
  return true;
}

void* sampled_alloc(std::size_t bytes, Caller caller) noexcept {
  return allocate(
      bytes, caller, [&] { return weir_je_malloc(bytes); }, [&] { return host::allocate_sampled(bytes, 0); },
      [&] { return alloc_in_handler(bytes); });
}

void* sampled_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  return allocate(
      bytes, caller, [&] { return weir_je_calloc(1, bytes); },
      [&] { return host::allocate_sampled(bytes, host::kZeroed); },
      [&] { return alloc_zeroed_in_handler(bytes); });
}

void* sampled_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept {
  if (align > host::kMaxRequest) return out_of_memory();
  return allocate(
      bytes, caller, [&] { return plain_aligned(bytes, align); },
      [&] { return host::allocate_sampled(bytes, host::aligned_to(align)); },
      [&] { return alloc_aligned_in_handler(bytes, align); });
}

void* sampled_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  if (block == nullptr) return sampled_alloc(bytes, caller);
  if (bytes == 0) {
    sampled_free(block, caller);
    return nullptr;
  }
  if (bytes > host::kMaxRequest) return out_of_memory();
  if (host::is_in_sampled_home(block)) return resize_recorded(block, bytes, caller);
  return host::is_ours(block) ? resize_plain(block, bytes, caller) : adopt(block, bytes, caller);
}

void sampled_free(void* block, Caller caller) noexcept {
  if (!host::is_in_sampled_home(block)) return free_unrecorded(block);
  free_recorded(block, caller, [](const Found&) {});
}

void sampled_free_sized(void* block, std::size_t bytes, Caller caller) noexcept {
  if (!host::is_in_sampled_home(block)) return free_unrecorded(block);
  free_recorded(block, caller, [&](const Found& found) {
    if (bytes != found.tag.requested)
      report_wrong_size(block, found.tag.site, found.tag.requested, bytes, caller);
  });
}

std::size_t sampled_usable_size(void* block) noexcept {
  const Found found = find(block);
  return found.is_live() ? found.tag.usable : 0;
}

}  // namespace weir::engine

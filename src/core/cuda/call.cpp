#include "core/cuda/call.hpp"

#include <sys/syscall.h>

#include <atomic>

#include "core/cuda/cuda.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/limit.hpp"
#include "core/engine/engine.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

/// Stack address of the thread's outermost wrapped call; 0: there is none.
constinit thread_local std::uintptr_t t_outermost [[gnu::tls_model("initial-exec")]]{};
/// … and the return address that lies there.
constinit thread_local std::uintptr_t t_outermost_return [[gnu::tls_model("initial-exec")]]{};

/// 1 once the driver has served this process, on a page that a forked child finds zeroed. Null: it has not, or the kernel
/// cannot wipe pages.
constinit std::uint32_t* g_served{};

bool is_forked() noexcept {
  const std::uint32_t* served = load_acquire(g_served);
  return served != nullptr && load_relaxed(*served) == 0;
}

[[gnu::noinline, gnu::cold]] void note_served() noexcept {
  auto* page = static_cast<std::uint32_t*>(platform::map_wiped_on_fork(platform::kPageBytes));
  if (page == nullptr) return;
  *page = 1;
  std::uint32_t* expected = nullptr;
  std::atomic_ref<std::uint32_t*> served{g_served};
  // release: who sees the page sees the 1 on it.
  if (!served.compare_exchange_strong(expected, page, std::memory_order_release))
    platform::unmap(page, platform::kPageBytes);
}

/// The word may lie on a stack that is no more.
bool still_holds(std::uintptr_t address, std::uintptr_t word) noexcept {
  unsigned char is_resident = 0;
  const std::uintptr_t page = address & ~std::uintptr_t{platform::kPageBytes - 1};
  return platform::raw_syscall(SYS_mincore, page, platform::kPageBytes, &is_resident) == 0 &&
         *reinterpret_cast<const std::uintptr_t*>(address) == word;
}

/// Is the outermost call that this thread noted still above us on the stack? It is not when it was left by longjmp or an
/// exception: then the thread has come back to where it was, or has called others over its frame.
[[gnu::noinline]] bool is_nested(std::uintptr_t here) noexcept {
  constexpr std::uintptr_t kOneStack = 1U << 20;
  if (here >= t_outermost && here - t_outermost < kOneStack) return false;
  return still_holds(t_outermost, t_outermost_return);
}

}  // namespace

bool Call::begin(engine::CudaRoute route) noexcept {
  if (weir_scan_pending != 0) [[unlikely]]
    weir_scan_objects();
  const auto here = reinterpret_cast<std::uintptr_t>(caller_.slot);
  if (t_outermost != 0 && is_nested(here)) return false;
  if (is_forked() || !engine::cuda_called(route, caller_)) [[unlikely]]
    return false;
  t_outermost = here;
  t_outermost_return = caller_.return_address();
  return true;
}

void Call::end() noexcept {
  engine::cuda_call_over();
  t_outermost = 0;
}

Owner Call::current() const noexcept {
  CUcontext context = nullptr;
  CUdevice device = 0;
  if (ask::ctx_get_current(&context) == CUDA_SUCCESS && context != nullptr)
    (void)ask::ctx_get_device(&device);
  return {key_of(context), static_cast<std::uint8_t>(device)};
}

void Call::allocated(CudaKey keys, std::uint64_t key, std::uint64_t bytes, Space space, MemoryKind kind,
                     const Owner& owner) const noexcept {
  if (key == 0) return;
  if (room_ != nullptr) [[unlikely]]
    room_->begin_handover();
  engine::cuda_allocated(keys,
                         {.key = key,
                          .bytes = bytes,
                          .context = owner.context,
                          .space = space,
                          .kind = kind,
                          .device = owner.device},
                         caller_);
  if (room_ != nullptr) [[unlikely]]
    room_->end_handover();
  served();
  observe(owner.device);
}

void Call::served() const noexcept {
  if (load_relaxed(g_served) == nullptr) [[unlikely]]
    note_served();
}

/// The thread's own context is destroyed, and the driver looked no further: the block belongs to another one, or to none.
[[gnu::noinline]] bool Call::is_of_another(const engine::CudaTaken& taken, CUresult result) const noexcept {
  return result == CUDA_ERROR_CONTEXT_IS_DESTROYED && taken.found() &&
         taken.block.context != current().context;
}

void Call::released(const engine::CudaTaken& taken, CudaKey keys, std::uint64_t key, Space space,
                    CUresult result) const noexcept {
  if (is_gone(result) && !is_of_another(taken, result)) {
    if (!taken.found() && result == CUDA_SUCCESS) engine::cuda_freed_untaken(keys, key, taken, caller_);
    // What a pool keeps is nothing new to the driver.
    const bool is_pooled =
        taken.block.space == Space::Device && taken.block.kind == MemoryKind::Plain && has_device_pool();
    if (taken.found() && result == CUDA_SUCCESS && !is_pooled) observe(taken.block.device);
  } else {
    if (taken.found()) (void)engine::cuda_put_back(taken);
    if (is_refusal(result)) engine::cuda_free_refused(keys, key, caller_, space);
  }
  engine::stay();
}

}  // namespace weir::cuda

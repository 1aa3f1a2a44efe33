// The verbs that the exported functions call. Each does what the function of libc does, and records it.
//
// Safety: any thread, any time, from the first malloc of the process on. Errors are libc's: null and errno ENOMEM;
// on success errno is untouched.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/config/config.hpp"
#include "core/engine/mode.hpp"
#include "core/host/host.hpp"
#include "core/stack/stack.hpp"

namespace weir::engine {

using stack::Caller;

/// The caller of the function whose frame pointer this is. The function must not leave its frame (by a tail call)
/// before what it passes this to has returned: see stay().
inline Caller caller_of(const void* frame) noexcept {
  return Caller{static_cast<const std::uintptr_t*>(frame) + 1};
}

/// Behind a call that was given caller_of(): the call is then not the function's last act, and the frame stands.
template <class T>
[[gnu::always_inline]] inline T stay(T result) noexcept {
  asm volatile("" : "+r"(result));
  return result;
}
[[gnu::always_inline]] inline void stay() noexcept { asm volatile(""); }

// When is_exact(): the block is tagged and counted. `align` is a power of two.
[[nodiscard]] void* exact_alloc(std::size_t bytes, Caller caller) noexcept;
[[nodiscard]] void* exact_alloc_zeroed(std::size_t bytes, Caller caller) noexcept;
[[nodiscard]] void* exact_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept;
[[nodiscard]] void* exact_realloc(void* block, std::size_t bytes, Caller caller) noexcept;
void exact_free(void* block, Caller caller) noexcept;
/// `bytes` is what the caller believes it asked for. A wrong belief is reported, and not relied on.
void exact_free_sized(void* block, std::size_t bytes, Caller caller) noexcept;
/// The same for an exported function that ends by jumping here: the caller is its caller.
[[nodiscard]] void* exact_malloc(std::size_t bytes) noexcept;
void exact_free_here(void* block) noexcept;

// When not: some or no blocks are recorded. The first allocation of the process comes here too; it decides the mode, and
// is made accordingly.
[[nodiscard]] void* other_alloc(std::size_t bytes, Caller caller) noexcept;
[[nodiscard]] void* other_alloc_zeroed(std::size_t bytes, Caller caller) noexcept;
[[nodiscard]] void* other_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept;
[[nodiscard]] void* other_realloc(void* block, std::size_t bytes, Caller caller) noexcept;
void other_free(void* block, Caller caller) noexcept;
void other_free_sized(void* block, std::size_t bytes, Caller caller) noexcept;

// Either, by the mode. For the function whose caller it is: its frame stands until they return.
[[gnu::always_inline]] inline void* host_alloc(std::size_t bytes, Caller caller) noexcept {
  return stay(is_exact() ? exact_alloc(bytes, caller) : other_alloc(bytes, caller));
}
[[gnu::always_inline]] inline void* host_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  return stay(is_exact() ? exact_alloc_zeroed(bytes, caller) : other_alloc_zeroed(bytes, caller));
}
[[gnu::always_inline]] inline void* host_alloc_aligned(std::size_t bytes, std::size_t align,
                                                       Caller caller) noexcept {
  return stay(is_exact() ? exact_alloc_aligned(bytes, align, caller)
                         : other_alloc_aligned(bytes, align, caller));
}
[[gnu::always_inline]] inline void* host_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  return stay(is_exact() ? exact_realloc(block, bytes, caller) : other_realloc(block, bytes, caller));
}
[[gnu::always_inline]] inline void host_free(void* block, Caller caller) noexcept {
  is_exact() ? exact_free(block, caller) : other_free(block, caller);
  stay();
}
[[gnu::always_inline]] inline void host_free_sized(void* block, std::size_t bytes, Caller caller) noexcept {
  is_exact() ? exact_free_sized(block, bytes, caller) : other_free_sized(block, bytes, caller);
  stay();
}
[[nodiscard]] std::size_t host_usable_size(void* block) noexcept;

/// True for a block that weir gave.
[[nodiscard]] bool is_host_block(const void* block) noexcept;
/// True if weir leaves all blocks to a sanitizer.
[[nodiscard]] bool stays_aside() noexcept;

/// True for a signal handler that has interrupted this thread inside weir: nothing can be recorded for it.
[[nodiscard]] bool is_kept_out(Caller caller) noexcept;

/// Runs work that calls foreign code: the blocks that this thread allocates meanwhile are weir's own.
void quietly(void (*work)(void* argument) noexcept, void* argument) noexcept;

/// Every option, as the environment set it.
[[gnu::visibility("hidden")]] extern constinit config::Config g_config;

/// Whether looks through the heap are wanted: else nobody needs to know of threads and filters for them.
[[nodiscard]] inline bool wants_looks() noexcept {
  return g_config.leak_scan.on && g_config.record == config::RecordMode::Exact;
}

[[nodiscard]] inline const config::Config& options() noexcept { return g_config; }

/// Null, with errno ENOMEM.
[[nodiscard]] void* out_of_memory() noexcept;

/// The constructor's work: what needs a ready dynamic loader.
void start(char** environment) noexcept;

/// The process is about to end with this code, by the function whose frame this is. Harmless in a vfork child.
void end(int code, const void* frame) noexcept;

/// The process is about to become another program; and: it did not. Harmless in a vfork child.
void begin_exec() noexcept;
void exec_failed() noexcept;

/// Ends the process at once, as _exit does.
[[noreturn]] void leave(int code) noexcept;

// Before the process gives up rights that weir needs; harmless in a vfork child.

/// Another user, another root, another namespace: the profile's file may not be found by its path any more.
void before_leaving_files() noexcept;

/// A seccomp filter (struct sock_fprog, in memory that may not be readable), or null for strict mode. Returns what was given
/// up for it, for filter_refused().
[[nodiscard]] std::uint32_t before_filter(const void* filter) noexcept;

/// The kernel did not take the filter: what was given up for it may be done again.
void filter_refused(std::uint32_t given_up) noexcept;

/// A library was closed: other code may come to its addresses.
void library_closed() noexcept;

/// Bytes as they are now; in sampled mode estimates. False: nothing is recorded.
struct HostTotals {
  std::uint64_t live_bytes, live_blocks, allocated_bytes, allocated_blocks, peak_bytes;
};
[[nodiscard]] bool host_totals(HostTotals& out) noexcept;

/// What of the whole heap is lost, and what is reachable.
struct ScanTotals {
  std::uint64_t lost_blocks, lost_bytes, reachable_blocks, reachable_bytes;
  std::uint64_t took_ns;  ///< for which the calling thread waited, but for the pause between two looks
};
/// Looks through the heap now, and puts the verdicts into the profile: some tenth of a second where there are other threads, some
/// milliseconds otherwise. False: there can be no look. Not in a signal handler.
[[nodiscard]] bool scan_now(ScanTotals& out) noexcept;

/// The allocator's own numbers, in bytes (jemalloc's stats.*).
struct AllocatorTotals {
  std::size_t allocated, active, resident, mapped;
};
[[nodiscard]] AllocatorTotals allocator_totals() noexcept;
/// Gives unused pages back to the system; false: resident memory did not shrink.
bool trim_allocator() noexcept;

/// Path of the profile; null: there is none.
[[nodiscard]] const char* profile_path() noexcept;

}  // namespace weir::engine

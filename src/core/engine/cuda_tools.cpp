#include "core/engine/cuda_pools.hpp"

#include <atomic>
#include <string_view>

#include "core/base/slice.hpp"
#include "core/engine/environment.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

enum class Watched : unsigned char { Unknown, No, Yes };
constinit std::atomic<Watched> g_watched{};

/// compute-sanitizer leads its target's preload list and talks to it by variables of its own; cuda-gdb sets the other one.
void look_at(std::string_view entry) noexcept {
  const std::size_t equals = entry.find('=');
  if (equals == entry.npos) return;
  const std::string_view name = slice(entry, 0, equals);
  const std::string_view value = slice(entry, equals + 1);
  const bool is_injection = name == "LD_PRELOAD" || name.ends_with("_INJECTION64_PATH");
  if (name.starts_with("NV_SANITIZER_INJECTION") ||
      (name == "CUDA_MEMCHECK" && value != "0" && !value.empty()) ||
      (is_injection && value.find("libsanitizer-collection") != value.npos))
    g_watched.store(Watched::Yes, std::memory_order_relaxed);
}

[[gnu::noinline, gnu::cold]] void find_out() noexcept {
  each_environment_entry(look_at);
  Watched unknown = Watched::Unknown;
  if (g_watched.compare_exchange_strong(unknown, Watched::No, std::memory_order_relaxed)) return;
  if (unknown == Watched::Yes)
    warn("memory of devices is not pooled: a tool that checks the driver's allocations is at work");
}

}  // namespace

bool cuda_blocks_are_watched() noexcept {
  if (g_watched.load(std::memory_order_relaxed) == Watched::Unknown) [[unlikely]]
    find_out();
  return g_watched.load(std::memory_order_relaxed) == Watched::Yes;
}

}  // namespace weir::engine

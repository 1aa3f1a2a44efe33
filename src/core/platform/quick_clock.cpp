#include "core/platform/quick_clock.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <atomic>

namespace weir::platform {

constinit QuickClock g_quick_clock{};

#if defined(__x86_64__)
namespace {

constexpr std::uint64_t kLongEnoughNs = 2'000'000;

enum class Step : std::uint32_t { Nothing, Looking, Begun, Useless };
constinit std::atomic<Step> g_step{};

/// "Invariant TSC": it counts at one rate, whatever the processor does.
bool counts_evenly() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & 1U << 8) != 0;
}

}  // namespace

std::uint64_t quick_ns_unscaled() noexcept {
  const std::uint64_t now = monotonic_ns(), count = __builtin_ia32_rdtsc();
  Step step = g_step.load(std::memory_order_acquire);
  if (step == Step::Nothing &&
      g_step.compare_exchange_strong(step, Step::Looking, std::memory_order_relaxed)) {
    g_quick_clock.at_count = count;
    g_quick_clock.at_ns = now;
    // release: who sees the step sees the moment.
    g_step.store(counts_evenly() ? Step::Begun : Step::Useless, std::memory_order_release);
  } else if (step == Step::Begun && now - g_quick_clock.at_ns >= kLongEnoughNs &&
             count > g_quick_clock.at_count) {
    std::uint64_t ns = now - g_quick_clock.at_ns, counts = count - g_quick_clock.at_count;
    for (; ns >> 32 != 0; ns >>= 1) counts >>= 1;
    store_release(g_quick_clock.scale, (ns << 32) / counts);
  }
  return now;
}
#else
std::uint64_t quick_ns_unscaled() noexcept { return monotonic_ns(); }
#endif

}  // namespace weir::platform

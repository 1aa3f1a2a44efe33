#include "core/cuda/left_work.hpp"

#include "core/base/tally.hpp"
#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/event_table.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

constexpr std::size_t kMost = 8;  ///< chains of a context; more are as if nothing stood behind them

struct LeftWork {
  std::uint32_t chains[kMost];
  std::uint32_t unmarked,
      waited;  ///< works that nothing stands behind; how many of them have been waited for
  bool is_looked_at;
};
constinit platform::Lock g_lock{};  ///< not held over the driver
constinit LeftWork g_left[kMostContexts]{};

bool is_clear(const LeftWork& left) noexcept {
  for (const std::uint32_t chain : left.chains)
    if (chain != 0) return false;
  return left.unmarked == left.waited;
}

}  // namespace

void leave_work(int context, std::uint32_t chain) noexcept {
  LeftWork& left = g_left[context];
  {
    const platform::Holding hold{g_lock};
    for (std::uint32_t& place : left.chains)
      if (chain != 0 && place == 0) {
        place = chain;
        return;
      }
    store_relaxed(left.unmarked, left.unmarked + 1);
  }
  give_events(chain);
}

bool has_left_work(int context) noexcept {
  LeftWork& left = g_left[context];
  std::uint32_t chains[kMost];
  {
    const platform::Holding hold{g_lock};
    if (is_clear(left)) return false;
    if (left.is_looked_at) return true;
    left.is_looked_at = true;
    for (std::size_t i = 0; i != kMost; ++i) chains[i] = left.chains[i];
  }
  for (std::uint32_t& chain : chains)
    if (chain != 0 && !is_work_done(chain)) chain = 0;
  for (std::size_t i = 0; i != kMost; ++i) {
    if (chains[i] == 0) continue;
    give_events(chains[i]);
    const platform::Holding hold{g_lock};
    if (left.chains[i] == chains[i]) left.chains[i] = 0;
  }
  const platform::Holding hold{g_lock};
  left.is_looked_at = false;
  return !is_clear(left);
}

std::uint32_t left_work_seen(int context) noexcept { return load_relaxed(g_left[context].unmarked); }

void left_work_done(int context, std::uint32_t seen) noexcept {
  if (load_relaxed(g_left[context].waited) != seen) store_relaxed(g_left[context].waited, seen);
}

void left_work_ended_with(int context) noexcept {
  LeftWork& left = g_left[context];
  const platform::Holding hold{g_lock};
  for (std::uint32_t& chain : left.chains) {
    if (chain != 0) give_events(chain);
    chain = 0;
  }
  store_relaxed(left.waited, left.unmarked);
}

}  // namespace weir::cuda

#include "core/engine/sampled_draw.hpp"

#include <sys/random.h>

#include <atomic>

#include "core/base/bits.hpp"
#include "core/engine/environment.hpp"
#include "core/engine/sampled_path.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {

constinit track::Sampler g_sampler{};

namespace {

constinit std::uint64_t g_seed{};
constinit std::atomic<std::uint64_t> g_threads{};
/// 0: not seeded yet.
constinit thread_local std::uint64_t t_generator [[gnu::tls_model("initial-exec")]]{};

/// Random, but for tests, which want the same run again: WEIR_RUN_SEED.
std::uint64_t first_seed() noexcept {
  static constinit std::uint64_t given{};
  each_environment_entry([](std::string_view entry) noexcept {
    constexpr std::string_view kName = "WEIR_RUN_SEED=";
    if (!entry.starts_with(kName)) return;
    given = 1;
    for (const char digit : entry.substr(kName.size()))
      given = given * 31 + static_cast<unsigned char>(digit);
  });
  if (given != 0) return mix(given);
  std::uint64_t word = 0;
  if (platform::may(platform::Right::Random))
    platform::raw_syscall(SYS_getrandom, &word, sizeof(word), GRND_NONBLOCK);
  return word ^ mix(platform::monotonic_ns()) ^ address_of(&word);
}

}  // namespace

void begin_draws(std::uint64_t mean) noexcept {
  g_sampler.begin(mean);
  g_seed = first_seed();
}

std::uint64_t draw() noexcept {
  if (t_generator == 0)
    t_generator = mix(g_seed + g_threads.fetch_add(1, std::memory_order_relaxed) * 0x9e3779b97f4a7c15ULL) | 1;
  return g_sampler.draw(t_generator);
}

void forget_draw() noexcept {
  t_budget = 0;
  t_generator = 0;
}

void reseed_child() noexcept {
  g_seed = mix(g_seed ^ header().pid ^ mix(header().started_monotonic_ns));
  forget_draw();
}

}  // namespace weir::engine

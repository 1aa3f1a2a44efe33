#include "core/engine/state.hpp"

namespace weir::engine {
namespace {
constinit Guard g_cold_guard{.generation = 1, .claim = 0};
}

constinit thread_local ThreadState t_self [[gnu::tls_model("initial-exec")]]{};

constinit thread_local std::uint64_t t_budget [[gnu::tls_model("initial-exec")]]{};

constinit std::atomic<Mode> g_mode{};
constinit host::HomeRange g_plain_home{};
constinit Guard* g_guard{&g_cold_guard};
constinit std::uint64_t* g_peak_number{};
constinit std::uint32_t g_first_own_site{};
constinit std::atomic<bool> g_counting{};
constinit std::atomic<bool> g_asks_for_room{};
constinit config::Config g_config{};
constinit profile::Map g_map{};
constinit track::Modules g_modules{};
constinit track::Sites g_sites{};
constinit track::Shards g_shards{};

void warn(std::string_view line) noexcept {
  if (!g_map.exists()) return;
  static constinit platform::Lock lock{};
  const platform::Holding hold{lock};
  char* text = header().warnings;
  std::size_t used = 0;
  while (used != sizeof(header().warnings) && text[used] != '\0') ++used;
  if (used + line.size() + 2 > sizeof(header().warnings)) return;
  for (const char c : line) text[used++] = c;
  text[used] = '\n';
}

}  // namespace weir::engine

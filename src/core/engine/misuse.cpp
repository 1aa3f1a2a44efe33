#include "core/engine/misuse.hpp"

#include <cstring>

#include "core/engine/capture_site.hpp"
#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

using profile::ErrorKind;
using profile::ErrorRecord;

constinit platform::Lock g_lock{};
constinit ErrorRecord* g_errors{};

/// One entry per kind and site; a repeated misuse counts up.
void note(const ErrorRecord& what) noexcept {
  if (!g_map.exists()) return;
  const platform::Holding hold{g_lock};
  if (g_errors == nullptr)
    g_errors = reinterpret_cast<ErrorRecord*>(g_map.add_chunk(profile::ChunkKind::Errors, 0, 0));
  for (std::uint32_t i = 0; g_errors != nullptr && i != profile::kMaxErrors; ++i) {
    ErrorRecord& place = g_errors[i];
    if (place.ready != 0 && (place.kind != what.kind || place.site != what.site)) continue;
    if (place.ready == 0) {
      place = what;
      store_release(place.ready, std::uint64_t{1});
    }
    add_shared(place.times, 1);
    return;
  }
  add_shared(losses().errors_dropped, 1);
}

ErrorKind kind_of(const void* block, std::size_t class_bytes, const host::TagReading& tag) noexcept {
  if (class_bytes == 0) return ErrorKind::InvalidFree;
  if (!host::starts_a_block(block, class_bytes)) return ErrorKind::InvalidFree;
  if (tag.state == host::TagState::Freed || tag.word == 0) return ErrorKind::DoubleFree;
  return ErrorKind::Overrun;
}

/// The site in a damaged tag is believed only where it is one that exists.
std::uint32_t believable_site(const host::TagReading& tag) noexcept {
  return tag.site < load_relaxed(header().site_count) ? tag.site : 0;
}

std::uint32_t site_of_misuse(Caller caller) noexcept {
  return t_self.shard != nullptr && g_counting.load(std::memory_order_relaxed) ? capture_site(t_self, caller)
                                                                               : 0;
}

}  // namespace

void forget_misuses() noexcept {
  g_lock.reset();
  if (g_errors != nullptr) std::memset(g_errors, 0, profile::kChunkBytes);
}

void report_bad_free(const void* block, std::size_t class_bytes, const host::TagReading& tag,
                     Caller caller) noexcept {
  const ErrorKind kind = kind_of(block, class_bytes, tag);
  note({.kind = kind,
        .site = site_of_misuse(caller),
        .allocated_site = kind == ErrorKind::InvalidFree || !g_map.exists() ? 0 : believable_site(tag),
        .freed_site = 0,
        .address = address_of(block),
        .bytes = kind == ErrorKind::InvalidFree ? 0 : class_bytes,
        .given_bytes = 0,
        .at_ns = g_map.exists() ? since_start_ns() : 0,
        .times = 0,
        .ready = 0,
        .space = profile::Space::Host,
        .reserved_bytes = {},
        .reserved = {}});
}

void report_misuse(const ErrorRecord& what) noexcept { note(what); }

void report_wrong_size(const void* block, std::uint32_t site, std::size_t bytes, std::size_t given_bytes,
                       Caller caller) noexcept {
  note({.kind = ErrorKind::MismatchedFree,
        .site = site_of_misuse(caller),
        .allocated_site = site,
        .freed_site = 0,
        .address = address_of(block),
        .bytes = bytes,
        .given_bytes = given_bytes,
        .at_ns = g_map.exists() ? since_start_ns() : 0,
        .times = 0,
        .ready = 0,
        .space = profile::Space::Host,
        .reserved_bytes = {},
        .reserved = {}});
}

}  // namespace weir::engine

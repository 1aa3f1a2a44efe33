// Kinds of memory in words.
#include <fmt/format.h>

#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

struct Kind {
  std::string_view name;   ///< in JSON
  std::string_view words;  ///< behind the space; empty: goes without saying
};
constexpr Kind kKinds[profile::kMemoryKinds] = {
    {"", ""},
    {"plain", ""},
    {"stream_ordered", "stream-ordered"},
    {"physical", "physical, of cuMemCreate"},
    {"array", "array"},
    {"registered", "the program's own, registered"},
    {"global", "variable of a module"},
    {"imported", ""},
    {"graph", "node of a graph"},
};

}  // namespace

std::string_view space_name(Space space) {
  switch (space) {
    case Space::Host: return "host";
    case Space::Device: return "device";
    case Space::Pinned: return "pinned";
    case Space::Managed: return "managed";
    case Space::Imported: return "imported";
  }
  return "host";
}

std::string space_words(Space space) { return fmt::format("{} memory", space_name(space)); }

std::optional<std::string_view> kind_name(MemoryKind kind) {
  if (kind == MemoryKind::None) return std::nullopt;
  return kKinds[static_cast<std::size_t>(kind)].name;
}

std::string where_words(const Site& site) {
  std::string out{space_name(site.space)};
  if (site.has_device())
    out += fmt::format("{} {}", site.space == Space::Device ? "" : ", device", site.device);
  if (const std::string_view words = kKinds[static_cast<std::size_t>(site.kind)].words; !words.empty())
    out += fmt::format(", {}", words);
  return out;
}

void put_where(Sink& sink, const Site& site) {
  sink.member("space", space_name(site.space));
  sink.member("device", site.has_device() ? std::optional{std::uint64_t{site.device}} : std::nullopt);
  sink.member("kind", kind_name(site.kind));
}

}  // namespace weir::tool

// Modules, nodes and sites: the tables that others point into.
#include "tool/profile/tables.hpp"

#include <algorithm>

namespace weir::tool {

using profile::ChunkKind;

void read_modules(const Chunks& chunks, Profile& out, Damage& damage) {
  out.modules.resize(std::max<std::size_t>(1, chunks.parts(ChunkKind::Modules) * profile::kModulesPerChunk));
  for (const Piece& piece : chunks.of(ChunkKind::Modules)) {
    for (std::size_t i = 0; i != piece.count<profile::ModuleRecord>(); ++i) {
      const auto record = piece.record<profile::ModuleRecord>(i);
      if (record.ready == 0) continue;
      if (record.ready != 1 || record.path_bytes > sizeof(record.path) ||
          record.build_id_bytes > profile::kBuildIdMax || record.end < record.begin) {
        damage.note("a module makes no sense and was left out");
        continue;
      }
      Module& module = out.modules[piece.index * std::size_t{profile::kModulesPerChunk} + i];
      module.path.assign(record.path, ::strnlen(record.path, record.path_bytes));
      module.build_id.assign(reinterpret_cast<const char*>(record.build_id), record.build_id_bytes);
      module.base = record.base;
      module.begin = record.begin;
      module.end = record.end;
      module.file_bytes = record.file_bytes;
      module.file_mtime_ns = record.file_mtime_ns;
      module.generation = record.generation;
    }
  }
}

void read_nodes(const Chunks& chunks, Profile& out, Damage& damage) {
  out.nodes.resize(chunks.parts(ChunkKind::Nodes) * profile::kNodesPerChunk);
  for (const Piece& piece : chunks.of(ChunkKind::Nodes)) {
    const std::size_t first = piece.index * std::size_t{profile::kNodesPerChunk};
    for (std::size_t i = 0; i != piece.count<profile::NodeRecord>(); ++i) {
      const auto record = piece.record<profile::NodeRecord>(i);
      if (record.pc == 0) continue;
      if (record.parent >= first + i) {
        damage.note("a frame's caller comes after it; the frame was left out");
        continue;
      }
      Node& node = out.nodes[first + i];
      node = {.pc = record.pc, .parent = record.parent, .module = record.module};
      if (node.parent != 0 && out.nodes[node.parent].pc == 0) {
        damage.note("a frame's caller is missing");
        node.parent = 0;
      }
      if (node.module != 0 && (node.module >= out.modules.size() || out.modules[node.module].path.empty())) {
        damage.note("a frame's module is missing");
        node.module = 0;
      }
    }
  }
}

void read_sites(const Chunks& chunks, const profile::Header& header, Profile& out, Damage& damage) {
  out.sites.resize(chunks.parts(ChunkKind::Sites) * profile::kSitesPerChunk);
  for (const Piece& piece : chunks.of(ChunkKind::Sites)) {
    const std::size_t first = piece.index * std::size_t{profile::kSitesPerChunk};
    for (std::size_t i = 0; i != piece.count<profile::SiteRecord>(); ++i) {
      const auto record = piece.record<profile::SiteRecord>(i);
      if (record.ready == 0) continue;
      const auto kind = static_cast<std::uint32_t>(record.flags >> profile::kSiteKindShift);
      if (record.ready != 1 || static_cast<std::uint32_t>(record.space) >= profile::kSpacesAndImported ||
          kind >= profile::kMemoryKinds) {
        damage.note("a call site makes no sense and was left out");
        continue;
      }
      Site& site = out.sites[first + i];
      site.exists = true;
      site.space = record.space;
      site.device = record.device;
      site.kind = static_cast<MemoryKind>(kind);
      site.flags = record.flags & ((1U << profile::kSiteKindShift) - 1);
      site.first_ms = record.first_ms;
      site.node = record.node;
      if (site.node != 0 && (site.node >= out.nodes.size() || out.nodes[site.node].pc == 0)) {
        damage.note("a call site's stack is missing");
        site.node = 0;
      }
    }
  }
  if (header.inherited_sites > out.sites.size()) damage.note("more call sites are inherited than there are");
  constexpr auto kFirst = static_cast<std::size_t>(profile::FixedSite::First);
  for (std::size_t i = kFirst; i < std::min<std::size_t>(header.inherited_sites, out.sites.size()); ++i)
    out.sites[i].inherited = true;
}

std::vector<std::uint32_t> Profile::stack(std::uint32_t node, std::size_t most) const {
  std::vector<std::uint32_t> out;
  while (node != 0 && node < nodes.size() && out.size() < most) {
    out.push_back(node);
    node = nodes[node].parent;
  }
  return out;
}

}  // namespace weir::tool

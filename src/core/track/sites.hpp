// Call stacks to site numbers. Append-only; the same stack gets the same number for the life of the process, or until
// fork, when the child starts numbers of its own so that its blocks are told from its parent's.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "core/base/path_frame.hpp"
#include "core/base/stack_hash.hpp"
#include "core/platform/platform.hpp"
#include "core/profile/profile.hpp"
#include "core/track/hash_index.hpp"
#include "core/track/id_index.hpp"
#include "core/track/modules.hpp"
#include "core/track/table.hpp"

namespace weir::track {

/// A stack as it is interned: return addresses, youngest first. It may go on beyond the frames that make the site, which
/// are those that `hash` is of.
struct StackView {
  std::span<PathFrame> path;  ///< intern() writes the nodes that are not known yet
  StackHash hash;
  std::uint16_t flags;  ///< profile::kSite…
};

class Sites {
 public:
  /// Makes the fixed sites. False: no memory.
  [[nodiscard]] bool begin(profile::Map& map, std::uint32_t max_sites) noexcept;

  /// The site of a stack that is known by its hash, or 0. Never blocks.
  [[nodiscard]] std::uint32_t find(const StackHash& hash, std::uint16_t flags) const noexcept;

  /// Begins to fetch what find() will look at.
  void prefetch(const StackHash& hash, std::uint16_t flags) const noexcept;

  /// The site of this stack. Takes a lock: where find() knows the stack, it is cheaper. When the table is full:
  /// unknown_site().
  [[nodiscard]] std::uint32_t intern(profile::Map& map, Modules& modules, const StackView& stack,
                                     std::uint64_t started_ns) noexcept;

  /// The site of the same stack in another space: its own number for each space, device and flags. 0: no room.
  [[nodiscard]] std::uint32_t in_space(profile::Map& map, std::uint32_t site, profile::Space space,
                                       std::uint8_t device, std::uint16_t flags,
                                       std::uint64_t started_ns) noexcept;

  /// After libraries were unloaded: an address may mean other code now. Sites stay what they are; a stack is entered
  /// again, by modules and addresses, when it is next seen.
  void forget_stacks() noexcept;

  /// In a forked child: all present sites become the parent's; stacks get new numbers from here on. What the parent has
  /// entered since the fork goes.
  void begin_own_numbers(profile::Map& map) noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return site_count_; }
  // Of a site that was handed out, and of a node of such a one.
  [[nodiscard]] const profile::SiteRecord& record(std::uint32_t site) const noexcept { return sites_[site]; }
  [[nodiscard]] const profile::NodeRecord& frame(std::uint32_t node) const noexcept { return nodes_[node]; }
  /// Of a site that was handed out: profile::kSite….
  [[nodiscard]] std::uint16_t flags(std::uint32_t site) const noexcept { return sites_[site].flags; }
  [[nodiscard]] std::uint32_t unknown_site() const noexcept { return unknown_; }
  [[nodiscard]] std::uint64_t own_bytes() const noexcept {
    return by_stack_.own_bytes() + by_node_.own_bytes() + nodes_by_frame_.own_bytes();
  }
  [[nodiscard]] platform::Lock& lock() noexcept { return lock_; }

 private:
  /// Begins to fetch what child_of() will look at for these frames.
  void prefetch_nodes(std::span<const PathFrame> path) const noexcept;
  /// The node of this frame, or 0.
  [[nodiscard]] std::uint32_t child_of(const profile::NodeRecord& frame, std::uint32_t hash) const noexcept;
  /// Enters these frames, youngest first, one behind the other. The youngest one's node; 0: no room for all of them.
  [[nodiscard]] std::uint32_t add_nodes(profile::Map& map, std::uint32_t parent,
                                        std::span<PathFrame> path) noexcept;
  /// The site of this node, flags, space and device, or 0.
  [[nodiscard]] std::uint32_t site_at(const profile::SiteRecord& site) noexcept;
  [[nodiscard]] std::uint32_t add_site(profile::Map& map, profile::SiteRecord site) noexcept;
  /// `known`: index of the youngest frame whose node is known; the modules are those of the younger ones.
  [[nodiscard]] std::uint32_t enter(profile::Map& map, const StackView& stack, const HashKey& key,
                                    std::size_t known, std::uint64_t started_ns) noexcept;

  Table<profile::NodeRecord, profile::ChunkKind::Nodes> nodes_{};
  Table<profile::SiteRecord, profile::ChunkKind::Sites> sites_{};
  HashIndex by_stack_{};  ///< stack → site; read without the lock
  /// (parent, pc, module) → node, but for nodes that lie just behind their parent: a stack's new frames lie in a row, and
  /// only the first of them is entered here.
  IdIndex nodes_by_frame_{};
  /// Youngest frame's node → site. Asked only for stacks that by_stack_ does not know though all their nodes are there
  /// (after forget_stacks(), or with other flags), so it lags behind: see indexed_sites_.
  IdIndex by_node_{};
  std::uint32_t indexed_sites_{};  ///< sites below, of this process, are in by_node_
  platform::Lock lock_{};
  std::uint32_t node_count_{}, site_count_{}, max_sites_{};
  std::uint32_t unknown_{};
};

}  // namespace weir::track

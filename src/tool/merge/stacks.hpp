// Modules, frames and sites, each once, however many profiles have them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

class Stacks {
 public:
  explicit Stacks(Profile& into);

  /// Begins a profile whose processes are those of `into` from `first_member` on; its sites begin `later_ms` after
  /// the merged profile's start.
  void begin(const Profile& from, std::uint32_t first_member, std::uint32_t later_ms);
  /// Adds all sites that counted something.
  void add_sites();
  /// The merged number of a site that a record of the profile names; 0: none.
  [[nodiscard]] std::uint32_t site(std::uint32_t number);

 private:
  struct NodeKey {
    std::uint64_t pc;
    std::uint32_t parent, module;
    bool operator==(const NodeKey&) const = default;
  };
  struct SiteKey {
    std::uint32_t node, flags;
    std::uint8_t space, device, kind, inherited;
    bool operator==(const SiteKey&) const = default;
  };
  struct Hash {
    std::size_t operator()(const NodeKey& key) const noexcept;
    std::size_t operator()(const SiteKey& key) const noexcept;
  };
  /// What the profile at hand gave to a site: a process may have the same stack twice (a library loaded again).
  struct Given {
    std::uint32_t profile = 0;
    std::uint64_t live_bytes = 0;
  };

  [[nodiscard]] std::uint32_t module(std::uint32_t number);
  [[nodiscard]] std::uint32_t child(std::uint32_t parent, const Node& node);
  [[nodiscard]] std::uint32_t stack_of(const Site& site);
  void add(Site& sum, const Site& more, Given& given) const;

  Profile& into_;
  std::unordered_map<std::string, std::uint32_t> modules_;
  std::unordered_map<NodeKey, std::uint32_t, Hash> nodes_;
  std::unordered_map<SiteKey, std::uint32_t, Hash> sites_;
  std::vector<Given> given_;  ///< by merged site

  const Profile* from_ = nullptr;
  std::uint32_t profile_ = 0, first_member_ = 0, later_ms_ = 0;
  /// By the profile's own numbers; 0: not yet met.
  std::vector<std::uint32_t> module_of_, node_of_, site_of_;
};

}  // namespace weir::tool

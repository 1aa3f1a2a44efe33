// Memory nodes of the machine, and the calling thread's policy about them. By raw system calls and files of sysfs, whose
// root is a parameter for tests.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace weir::platform {

/// Numbers of nodes; the kernel has at most this many.
inline constexpr int kMostNodes = 1024;

struct NodeSet {
  std::uint64_t words[kMostNodes / 64];

  void add(int node) noexcept {
    if (node >= 0 && node < kMostNodes) words[node / 64] |= std::uint64_t{1} << node % 64;
  }
  [[nodiscard]] bool has(int node) const noexcept {
    return node >= 0 && node < kMostNodes && (words[node / 64] >> node % 64 & 1) != 0;
  }
  [[nodiscard]] int count() const noexcept {
    int found = 0;
    for (const std::uint64_t word : words) found += std::popcount(word);
    return found;
  }
};

/// Reads the kernel's lists: "0-1,4". False: it is none; `out` is then empty.
[[nodiscard]] bool parse_nodes(std::string_view text, NodeSet& out) noexcept;

inline constexpr const char* kSysfs = "/sys";

/// Nodes that have memory; empty: the kernel does not say. One file is read.
[[nodiscard]] NodeSet nodes_with_memory(const char* sysfs = kSysfs) noexcept;

/// The node that the kernel knows a PCI device to be near ("0000:1B:00.0", letters of either case); -1: it knows none.
[[nodiscard]] int node_of_pci_device(std::string_view address, const char* sysfs = kSysfs) noexcept;

/// While one of these lives, memory that the calling thread makes the kernel allocate comes from a node when there is room. A
/// thread that has a policy of its own keeps it. Negative: nothing is done.
class PreferredNode {
 public:
  explicit PreferredNode(int node) noexcept;
  ~PreferredNode();
  PreferredNode(const PreferredNode&) = delete;
  PreferredNode& operator=(const PreferredNode&) = delete;

 private:
  bool is_set_ = false;
};

}  // namespace weir::platform

#include "core/cuda/numa_nearest.hpp"

#include <atomic>

#include "core/base/tally.hpp"
#include "core/base/text.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/numa_hwloc.hpp"
#include "core/engine/engine.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

using config::PinnedNuma;

/// Nodes with memory, by device: read once, by whoever is first. Node n is n + kFirst.
constexpr std::int32_t kUnasked = 0, kNone = 1, kFirst = 2;
constexpr unsigned kDevices = 256;
constinit std::int32_t g_nearest[kDevices]{};
/// 0: not looked yet; else 1 + the number of nodes, of which more than 2 are not told apart.
constinit std::uint32_t g_nodes{};

platform::NodeSet look_at_nodes() noexcept {
  const platform::NodeSet nodes = platform::nodes_with_memory();
  const int count = nodes.count();
  store_relaxed(g_nodes, 1U + static_cast<std::uint32_t>(count < 2 ? count : 2));
  return nodes;
}

bool has_several_nodes() noexcept {
  if (load_relaxed(g_nodes) == 0) (void)look_at_nodes();
  return load_relaxed(g_nodes) > 2;
}

/// The answer is final when it is not kUnasked.
std::int32_t ask(std::uint8_t device) noexcept {
  char address[32] = "";
  if (ask::pci_bus_id(address, sizeof(address), device) != CUDA_SUCCESS) return kNone;
  const platform::NodeSet nodes = look_at_nodes();
  const int node = nearest_node(address, nodes, platform::kSysfs, &node_by_hwloc);
  if (node >= 0) return node + kFirst;
  return is_hwloc_busy() ? kUnasked : kNone;
}

int nearest(std::uint8_t device) noexcept {
  if (!has_several_nodes()) return -1;
  std::int32_t found = load_relaxed(g_nearest[device]);
  if (found == kUnasked) {
    found = ask(device);
    store_relaxed(g_nearest[device], found);
  }
  return found - kFirst;
}

[[gnu::noinline, gnu::cold]] void complain_of(int node) noexcept {
  char text[128];
  TextBuffer line{text};
  line << "weir: WEIR_PINNED_NUMA=" << node << ": this machine has no memory on such a node; using off";
  platform::say(line.view());
}

/// -1 where there is no such node; that is said once.
int ordered(int node) noexcept {
  constexpr std::uint32_t kUnknown = 0, kGood = 1, kBad = 2;
  static constinit std::atomic<std::uint32_t> judged{};
  if (judged.load(std::memory_order_relaxed) == kUnknown) {
    const bool is_good = look_at_nodes().has(node);
    const std::uint32_t before = judged.exchange(is_good ? kGood : kBad, std::memory_order_relaxed);
    if (!is_good && before == kUnknown) complain_of(node);
  }
  return judged.load(std::memory_order_relaxed) == kGood && has_several_nodes() ? node : -1;
}

}  // namespace

int nearest_node(std::string_view pci_address, const platform::NodeSet& nodes, const char* sysfs,
                 int (*otherwise)(std::string_view) noexcept) noexcept {
  int node = platform::node_of_pci_device(pci_address, sysfs);
  if (node < 0) node = otherwise(pci_address);
  return nodes.has(node) ? node : -1;
}

int node_for_pinned(std::uint8_t device) noexcept {
  const std::int32_t wanted = engine::options().pinned_numa.node;
  if (wanted == PinnedNuma::kOff) return -1;
  return wanted == PinnedNuma::kNearest ? nearest(device) : ordered(wanted);
}

}  // namespace weir::cuda

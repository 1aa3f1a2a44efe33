#include "core/engine/scan_cuda.hpp"

#include <string_view>

#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"

namespace weir::engine {
namespace {

using profile::MemoryKind;
using profile::Space;

/// Whether an address is what the program holds of it, and all that holds it.
bool is_judged(const ledger::Key& key, const ledger::Block& block) noexcept {
  return key.space == static_cast<std::uint32_t>(CudaKey::Address) && block.space != Space::Imported &&
         (block.kind == MemoryKind::Plain || block.kind == MemoryKind::Ordered);
}

void count_unjudged(const ledger::Block& block, CudaUnjudged& out) noexcept {
  if (block.space == Space::Imported) return;
  switch (block.kind) {
    case MemoryKind::Physical:
    case MemoryKind::Array: ++out.handles; break;
    case MemoryKind::Graph: ++out.graphs; break;
    case MemoryKind::Registered: ++out.registered; break;
    default: break;  // variables of modules are nobody's leak
  }
}

/// What only passes an allocation on.
bool is_runtime_file(std::string_view path) noexcept {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  for (const std::string_view name : {"libweir.so", "libstdc++.so", "libc++.so", "libc.so", "libgcc_s.so"})
    if (path.starts_with(name)) return true;
  return false;
}

/// By the youngest frame that does more than pass it on.
bool is_drivers(std::uint32_t site) noexcept {
  constexpr int kMostFrames = 8;
  std::uint32_t node = g_sites.record(site).node;
  for (int frames = 0; node != 0 && frames != kMostFrames; ++frames) {
    const profile::NodeRecord& frame = g_sites.frame(node);
    const profile::ModuleRecord* module = g_modules.at(frame.module);
    if (module == nullptr) return false;
    const std::size_t bytes =
        module->path_bytes < sizeof(module->path) ? module->path_bytes : sizeof(module->path);
    const std::string_view path{module->path, bytes};
    if (walk::is_driver_file(path)) return true;
    if (!is_runtime_file(path)) return false;
    node = frame.parent;
  }
  return false;
}

}  // namespace

bool list_cuda(walk::CudaBlocks& blocks, walk::Holes& holes, std::uint32_t sites, bool is_ending,
               CudaUnjudged& unjudged) noexcept {
  constexpr std::size_t kMeanwhile = 256;  // room for what other threads make between the two looks
  std::size_t wanted = 0;
  {
    const platform::Holding hold{g_cuda.lock};
    if (g_cuda.born == 0) return false;
    g_cuda.blocks.each([&](const ledger::Key& key, const ledger::Block& block) noexcept {
      wanted += is_judged(key, block) ? 1 : 0;
    });
  }
  if (!blocks.make(wanted + kMeanwhile, sites)) return false;
  // What the program has freed there is nobody's.
  each_pooled_host_block([](void* to, std::uintptr_t begin,
                            std::uintptr_t end) noexcept { static_cast<walk::Holes*>(to)->add(begin, end); },
                         &holes);
  const platform::Holding hold{g_cuda.lock};
  g_cuda.blocks.each([&](const ledger::Key& key, const ledger::Block& block) noexcept {
    if (!is_judged(key, block)) return count_unjudged(block, unjudged);
    if (!is_ending && block.born == g_cuda.born) return;
    const bool is_host = block.space != Space::Device;
    blocks.add(key.key, block.bytes, block.site, is_host);
    if (is_host) holes.add(key.key, key.key + block.bytes);
  });
  return true;
}

void find_driver_sites(walk::CudaBlocks& blocks) noexcept {
  // Blocks that the driver makes while weir calls it.
  blocks.add_driver_site(static_cast<std::uint32_t>(profile::FixedSite::Untracked));
  for (std::uint32_t site = static_cast<std::uint32_t>(profile::FixedSite::First); site != g_sites.count();
       ++site)
    if (g_sites.record(site).space == Space::Host && is_drivers(site)) blocks.add_driver_site(site);
}

}  // namespace weir::engine

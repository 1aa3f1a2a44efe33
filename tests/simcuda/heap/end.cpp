// What a context's end frees: its device, pinned, managed and registered memory; not pools, not mapped memory.
#include <vector>

#include "base/lock.hpp"
#include "device/context.hpp"
#include "heap/blocks.hpp"
#include "heap/heap.hpp"
#include "heap/host.hpp"
#include "heap/quarantine.hpp"

namespace simcuda {
namespace {

void free_block(const Block& block) {
  switch (block.kind) {
    case Kind::device: return free_device(block);
    case Kind::managed: return free_managed(block);
    case Kind::pinned: return free_pinned(block);
    case Kind::registered: return remove_block(block.base);
    default: return;  // whoever entered it drops it
  }
}

void drop_blocks(Context& context) {
  locked([&] {
    std::vector<CUdeviceptr> mine;
    for (const auto& [base, block] : all_blocks()) {
      if (block.context == &context) mine.push_back(base);
    }
    for (const CUdeviceptr base : mine) free_block(*block_at(base));
    empty_quarantine(context);
  });
}

[[maybe_unused]] const bool registered = at_context_end(EndPhase::memory, drop_blocks);

}  // namespace
}  // namespace simcuda

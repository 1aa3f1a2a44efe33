#include "core/walk/cuda_verdict.hpp"

namespace weir::walk {
namespace {

void add(const CudaBlock& block, SiteVerdict& to) noexcept {
  switch (block.state) {
    case State::Reachable:
      ++to.reachable_blocks;
      to.reachable_bytes += block.bytes;
      break;
    case State::LostToo:
      ++to.lost_too_blocks;
      to.lost_too_bytes += block.bytes;
      break;
    case State::Unsure: break;
    default:
      ++to.lost_blocks;
      to.lost_bytes += block.bytes;
      to.example = block.address;
  }
}

}  // namespace

CudaVerdict sum_up(const CudaBlocks& cuda, Verdicts& out) noexcept {
  for (std::uint32_t i = 0; i != cuda.count(); ++i) {
    if (cuda[i].site < out.sites)
      add(cuda[i], out.of_site[cuda[i].site]);
    else
      ++out.heap.unknown_sites;
  }
  return {cuda.count(), cuda.unread()};
}

}  // namespace weir::walk

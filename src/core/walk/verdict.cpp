#include "core/walk/verdict.hpp"

namespace weir::walk {
namespace {

/// Whose the live blocks of one extent are. The sites are chained through their own sums, so any number of them fits.
class Owners {
 public:
  explicit Owners(Verdicts& out) noexcept : out_{out} {}

  /// A live block of nobody that is known, or …
  void add() noexcept { ++live_; }
  /// … of a site.
  void add(std::uint32_t site, std::uint64_t bytes) noexcept {
    ++live_;
    if (site >= out_.sites) return;
    SiteVerdict& of = out_.of_site[site];
    if (of.here++ == 0) {
      of.next_here = first_;
      first_ = site;
    }
    of.small_bytes += bytes;
  }

  /// Gives each site its part.
  void settle(const host::Extent& facts) noexcept {
    const std::uint64_t unused = (facts.blocks - live_) * facts.block_bytes;
    const bool is_sparse = facts.is_slab && live_ * std::uint64_t{4} <= facts.blocks;
    for (std::uint32_t site = first_; site != kNone;) {
      SiteVerdict& of = out_.of_site[site];
      if (of.here == live_) of.sole_bytes += facts.bytes;
      if (is_sparse) of.pinned_bytes += unused * of.here / live_;
      if (facts.is_slab) {
        ++of.slabs;
        of.slab_bytes += facts.bytes;
        of.slab_live_bytes += live_ * facts.block_bytes;
      }
      of.here = 0;
      site = of.next_here;
    }
  }

  [[nodiscard]] std::uint32_t live() const noexcept { return live_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  Verdicts& out_;
  std::uint32_t first_ = kNone, live_ = 0;
};

void count_slab(const host::Extent& facts, std::uint32_t live, HeapVerdict& out) noexcept {
  if (facts.size_class < kSlabClasses) {
    ClassVerdict& of = out.classes[facts.size_class];
    of.block_bytes = facts.block_bytes;
    of.live_blocks += live;
    of.places += facts.blocks;
    ++of.slabs;
    of.slab_bytes = facts.bytes;
  }
  ++out.slabs;
  if (live != 0) return;
  ++out.empty_slabs;
  out.empty_slab_bytes += facts.bytes;
}

void count_block(State state, std::uintptr_t address, std::uint32_t site, std::uint64_t bytes,
                 Verdicts& out) noexcept {
  if (site >= out.sites) {
    ++out.heap.unknown_sites;
    return;
  }
  SiteVerdict& of = out.of_site[site];
  switch (state) {
    case State::Reachable:
      ++of.reachable_blocks;
      of.reachable_bytes += bytes;
      break;
    case State::Unsure: break;
    case State::LostToo:
      ++of.lost_too_blocks;
      of.lost_too_bytes += bytes;
      break;
    default:
      ++of.lost_blocks;
      of.lost_bytes += bytes;
      of.example = address;
  }
}

}  // namespace

void sum_up(const Heap& heap, Verdicts& out) noexcept {
  for (std::uint32_t extent = 0; extent != heap.extent_count(); ++extent) {
    const host::Extent& facts = heap.extent(extent);
    Owners owners{out};
    for (std::uint32_t number = 0; number != facts.blocks; ++number) {
      const Place place{extent, number};
      if (heap.state(place) == State::Free) continue;
      const host::TagReading tag = host::read_tag(heap.block(place), facts.block_bytes);
      if (tag.state != host::TagState::Live) {  // being resized at this moment
        owners.add();
        continue;
      }
      owners.add(tag.site, facts.is_slab ? tag.requested : 0);
      count_block(heap.state(place), address_of(heap.block(place)), tag.site, tag.requested, out);
      ++out.heap.blocks;
    }
    owners.settle(facts);
    ++out.heap.extents;
    if (facts.is_slab) count_slab(facts, owners.live(), out.heap);
  }
}

}  // namespace weir::walk

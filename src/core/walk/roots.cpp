#include "core/walk/roots.hpp"

#include <string_view>

#include "core/platform/mappings.hpp"

namespace weir::walk {
namespace {

/// libweir's own variables: they hold addresses of blocks (the newest of a thread, those that wait to be freed).
extern "C" {
[[gnu::visibility("hidden")]] extern const char __ehdr_start[];
[[gnu::visibility("hidden")]] extern char _end[];
}

struct Kept {
  std::uintptr_t begin, end;
};

/// Files whose memory is a device's, which must not be read by the way.
bool is_device(std::string_view name) noexcept {
  return name.starts_with("/dev/") && !name.starts_with("/dev/shm/") && !name.starts_with("/dev/zero");
}

bool is_root(const platform::Mapping& mapping, std::string_view name) noexcept {
  return mapping.readable && !mapping.shared && !name.starts_with("[v") && !is_device(name);
}

constexpr std::size_t kMostMappings = std::size_t{1}
                                      << 17;  // the kernel's own bound is 65,530, unless it was raised

/// The mappings that are roots; their number. `seen.by_page` is known. False: the list cannot be read.
[[gnu::noinline]] bool list_roots(Array<Kept>& kept, std::size_t& count, CudaBlocks* cuda,
                                  RootsSeen& seen) noexcept {
  platform::Mappings mappings;
  platform::Mapping mapping;
  char name[512];
  while (mappings.is_open() && count != kMostMappings && mappings.next(mapping, name)) {
    if (cuda != nullptr) cuda->note(mapping, name);
    // Without knowing which pages were written, what cannot be is left out: it is far too much.
    if (is_root(mapping, name) && (seen.by_page || mapping.writable))
      kept[count++] = {mapping.begin, mapping.end};
    else if (mapping.readable && mapping.shared)
      ++seen.shared;
  }
  return mappings.is_open();
}

}  // namespace

void add_own_holes(Holes& holes) noexcept {
  host::Range range;
  for (std::size_t i = 0; host::mapped_range(i, range); ++i) holes.add(range.begin, range.end);
  platform::OwnRange own;
  for (std::size_t i = 0; platform::own_mapping(i, own); ++i) holes.add(own.begin, own.end);
  holes.add(address_of(__ehdr_start), align_up(address_of(_end), platform::kPageBytes));
}

bool scan_roots(Marker& marker, const Holes& holes, RootsSeen& seen) noexcept {
  // The list is read whole before anything is looked at: the look maps memory.
  Array<Kept> kept;
  if (!kept.make(kMostMappings)) return false;
  PageFilter filter;
  filter.begin();
  seen.by_page = filter.works();
  std::size_t count = 0;
  if (!list_roots(kept, count, marker.cuda(), seen)) return false;
  for (std::size_t i = 0; i != count; ++i) {
    std::uintptr_t part = kept[i].begin, part_end;
    for (; holes.next(part, kept[i].end, part_end); part = part_end) {
      ++seen.mappings;
      std::uintptr_t run = align_down(part, platform::kPageBytes), run_end;
      const std::uintptr_t last = align_up(part_end, platform::kPageBytes);
      for (; filter.next(run, last, run_end); run = run_end) {
        const std::uintptr_t from = run < part ? part : run, to = run_end > part_end ? part_end : run_end;
        marker.scan_roots(from, to);
        seen.bytes += to - from;
      }
    }
  }
  return true;
}

}  // namespace weir::walk

// A profile with weir's own pools in it.
#include "support/profile_builder.hpp"

namespace weir::test {

using namespace profile;

ProfileBuilder pools_profile() {
  constexpr std::int64_t kMiB = 1 << 20;
  ProfileBuilder out = cuda_profile();
  PoolRecord device{};
  device.space = Space::Device;
  device.kind = PoolKind::Bucket;
  device.idle_max = 4096 * kMiB;
  device.live_bytes = 110 * kMiB;
  device.live_blocks = 11;
  device.requested_bytes = 100 * kMiB;
  device.idle_bytes = 50 * kMiB;
  device.idle_blocks = 6;
  device.pending_bytes = 4 * kMiB;
  device.pending_blocks = 1;
  device.peak_live = 120 * kMiB;
  device.peak_reserved = 200 * kMiB;
  device.peak_idle = 60 * kMiB;
  device.hits = 900;
  device.misses = 100;
  device.source_allocs = 100;
  device.source_alloc_ns = 100'000'000;
  device.source_frees = 10;
  device.source_free_ns = 20'000'000;
  device.frees = 980;
  device.waits = 970;
  device.wait_ns = 500'000'000;
  device.shed_blocks = 5;
  device.shed_bytes = 40 * kMiB;
  out.add_pool(device, {{.bytes = 512,
                         .hits = 400,
                         .misses = 50,
                         .live_blocks = 1,
                         .idle_blocks = 1,
                         .pending_blocks = 0,
                         .source_ns = 10'000'000,
                         .idle_bytes = 512},
                        {.bytes = 16 * kMiB,
                         .hits = 500,
                         .misses = 50,
                         .live_blocks = 10,
                         .idle_blocks = 5,
                         .pending_blocks = 1,
                         .source_ns = 90'000'000,
                         .idle_bytes = 50 * kMiB - 512}});
  PoolRecord pinned{};
  pinned.space = Space::Pinned;
  pinned.kind = PoolKind::Bucket;
  pinned.free_mode = PoolFree::Deferred;
  pinned.hits = 3;
  pinned.misses = 1;
  pinned.frees = 4;
  pinned.idle_bytes = 8192;
  pinned.idle_blocks = 1;
  pinned.marks = 2;
  out.add_pool(pinned);
  OutOfMemoryRecord empty{};
  empty.at_ns = 2'100'000'000;
  empty.asked = static_cast<std::uint64_t>(3072 * kMiB);
  empty.driver_free = static_cast<std::uint64_t>(1024 * kMiB);
  empty.driver_total = static_cast<std::uint64_t>(16'384 * kMiB);
  empty.live = static_cast<std::uint64_t>(14'000 * kMiB);
  empty.idle = static_cast<std::uint64_t>(900 * kMiB);
  empty.pending = static_cast<std::uint64_t>(100 * kMiB);
  empty.largest_idle = static_cast<std::uint64_t>(512 * kMiB);
  empty.tracked = static_cast<std::uint64_t>(14'100 * kMiB);
  empty.site = 11;
  empty.result = 2;
  empty.space = Space::Device;
  empty.times = 3;
  empty.holder_count = 2;
  empty.holders[0] = {.site = 2, .reserved = 0, .bytes = 14'000 * kMiB, .blocks = 7};
  empty.holders[1] = {.site = 4, .reserved = 0, .bytes = 100 * kMiB, .blocks = 10};
  out.add_out_of_memory(empty);
  return out;
}

}  // namespace weir::test

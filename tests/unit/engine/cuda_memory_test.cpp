// The verbs of CUDA memory, called as the wrappers call them, and what a reader then finds in the profile. Each test runs in a
// child process of its own, because weir starts once per process.
#include "core/engine/cuda_memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <fstream>
#include <functional>
#include <thread>

#include "core/engine/state.hpp"
#include "support/in_child.hpp"
#include "support/profile_builder.hpp"
#include "tool/profile/profile.hpp"

namespace weir::engine {
namespace {

using profile::MemoryKind;
using profile::Space;
using tool::Profile;

/// The profile as it lies in memory.
Profile read_back() {
  const auto* begin = reinterpret_cast<const std::byte*>(&header());
  return tool::parse({begin, g_map.used_chunks() * profile::kChunkBytes}, "memory");
}

/// Runs `what` in a child that records in `mode`; true: no expectation failed there.
bool in_mode(const char* mode, const std::function<void()>& what) {
  return test::holds_in_child([&] {
    setenv("WEIR_RECORD", mode, 1);
    what();
    return !testing::Test::HasFailure();
  });
}
void in_both(const std::function<void()>& what) {
  EXPECT_TRUE(in_mode("exact", what));
#ifndef __SANITIZE_THREAD__  // its shadow lies where sampled blocks have their home
  EXPECT_TRUE(in_mode("sampled", what));
#endif
}

CudaBlock block(std::uint64_t key, std::uint64_t bytes, Space space = Space::Device,
                MemoryKind kind = MemoryKind::Plain, std::uint8_t device = 0, std::uint64_t context = 0) {
  return {.key = key, .bytes = bytes, .context = context, .space = space, .kind = kind, .device = device};
}

[[gnu::noinline]] void allocated(const CudaBlock& what, CudaKey keys = CudaKey::Address) {
  cuda_allocated(keys, what, caller_of(__builtin_frame_address(0)));
  stay();
}
[[gnu::noinline]] bool freed(std::uint64_t key, CudaKey keys = CudaKey::Address) {
  const CudaTaken taken = cuda_take(keys, key, caller_of(__builtin_frame_address(0)));
  return stay(taken.found());
}
[[gnu::noinline]] void ended(std::uint64_t context, CudaEnd how = CudaEnd::ContextDestroyed) {
  cuda_context_ended(context, how, caller_of(__builtin_frame_address(0)));
  stay();
}
[[gnu::noinline]] void call(CudaRoute route) {
  EXPECT_TRUE(cuda_called(route, caller_of(__builtin_frame_address(0))));
  cuda_call_over();
}
[[gnu::noinline]] void refused(std::uint64_t key) {
  cuda_free_refused(CudaKey::Address, key, caller_of(__builtin_frame_address(0)));
  stay();
}

const tool::SpaceTotals& totals(const Profile& profile, Space space) {
  return profile.spaces[static_cast<std::size_t>(space)];
}

TEST(CudaMemory, CountsEachSpaceExactly) {
  in_both([] {
    for (std::uint64_t n = 1; n <= 10; ++n) allocated(block(n << 20, n * 1000));
    for (std::uint64_t n = 1; n <= 4; ++n) EXPECT_TRUE(freed(n << 20));
    allocated(block(0x7000, 77, Space::Pinned));
    allocated(block(0x8000, 88, Space::Managed));
    allocated(block(0x9000, 99, Space::Imported, MemoryKind::Imported));
    const Profile profile = read_back();
    EXPECT_TRUE(profile.damage.empty());
    EXPECT_EQ(totals(profile, Space::Device).counts.live_bytes, 45'000U);
    EXPECT_EQ(totals(profile, Space::Device).counts.live_blocks, 6U);
    EXPECT_EQ(totals(profile, Space::Device).counts.allocated_blocks, 10U);
    EXPECT_EQ(totals(profile, Space::Device).peak_bytes, 55'000U);
    EXPECT_EQ(totals(profile, Space::Pinned).counts.live_bytes, 77U);
    EXPECT_EQ(totals(profile, Space::Managed).counts.live_bytes, 88U);
    EXPECT_EQ(totals(profile, Space::Imported).counts.live_bytes, 99U);
    EXPECT_EQ(totals(profile, Space::Host).counts.allocated_bytes, 0U);
  });
}

TEST(CudaMemory, NothingIsRecordedInOffMode) {
  EXPECT_TRUE(in_mode("off", [] {
    allocated(block(0x1000, 1000));
    EXPECT_FALSE(freed(0x1000));
    call(CudaRoute::Dlsym);
    const Profile profile = read_back();
    EXPECT_EQ(totals(profile, Space::Device).counts.allocated_bytes, 0U);
  }));
}

TEST(CudaMemory, OneStackIsASiteForEachKindAndDevice) {
  in_both([] {
    const MemoryKind kinds[] = {MemoryKind::Plain, MemoryKind::Ordered, MemoryKind::Plain, MemoryKind::Plain};
    const std::uint8_t devices[] = {0, 0, 1, 0};
    for (std::uint64_t n = 0; n != 4; ++n)
      allocated(block(0x1000 * (n + 1), 100, Space::Device, kinds[n], devices[n]));
    const Profile profile = read_back();
    std::size_t sites = 0;
    std::uint32_t node = 0;
    for (const tool::Site& site : profile.sites) {
      if (site.counts.allocated_blocks == 0) continue;
      ++sites;
      EXPECT_NE(site.node, 0U);
      if (node != 0) {
        EXPECT_EQ(site.node, node);
      }
      node = site.node;
      const bool is_twice = site.device == 0 && site.kind == MemoryKind::Plain;
      EXPECT_EQ(site.counts.allocated_blocks, is_twice ? 2U : 1U);
    }
    EXPECT_EQ(sites, 3U);
  });
}

TEST(CudaMemory, ThePeakIsOwnedByWhoHeldItThen) {
  in_both([] {
    const auto first = [] { allocated(block(0x10000, 600)); };
    const auto second = [] { allocated(block(0x20000, 500)); };
    const auto third = [] { allocated(block(0x30000, 700)); };
    first();
    second();  // the peak: 1100
    EXPECT_TRUE(freed(0x10000));
    EXPECT_TRUE(freed(0x20000));
    third();
    const Profile profile = read_back();
    EXPECT_EQ(totals(profile, Space::Device).peak_bytes, 1100U);
    std::uint64_t at_peak = 0;
    for (const tool::Site& site : profile.sites) {
      at_peak += site.at_peak_bytes;
      if (site.counts.allocated_bytes == 700) {
        EXPECT_EQ(site.at_peak_bytes, 0U);
      }
    }
    EXPECT_EQ(at_peak, 1100U);
  });
}

TEST(CudaMemory, ABlockFreedBeforeTheNextAllocationIsTemporary) {
  in_both([] {
    allocated(block(0x1000, 10));
    EXPECT_TRUE(freed(0x1000));  // is
    for (const std::uint64_t key : {0x2000, 0x3000, 0x4000}) allocated(block(key, 10));
    EXPECT_TRUE(freed(0x2000));  // is not
    EXPECT_TRUE(freed(0x3000));  // is not
    EXPECT_TRUE(freed(0x4000));  // is
    EXPECT_EQ(totals(read_back(), Space::Device).counts.temporary_blocks, 2U);
  });
}

TEST(CudaMemory, AFreeThatTheDriverRefusesLeavesTheBlockLive) {
  in_both([] {
    allocated(block(0x1000, 10));
    const CudaTaken taken = cuda_take(CudaKey::Address, 0x1000, caller_of(__builtin_frame_address(0)));
    EXPECT_TRUE(taken.found());
    EXPECT_EQ(taken.block.bytes, 10U);
    EXPECT_EQ(totals(read_back(), Space::Device).counts.live_bytes, 0U) << "before the driver frees it, it counts as freed";
    EXPECT_FALSE(cuda_take(CudaKey::Address, 0x1000, caller_of(__builtin_frame_address(0))).found());
    cuda_put_back(taken);
    EXPECT_EQ(totals(read_back(), Space::Device).counts.live_bytes, 10U);
    EXPECT_TRUE(freed(0x1000));
    EXPECT_EQ(totals(read_back(), Space::Device).counts.live_bytes, 0U);
  });
}

TEST(CudaMemory, AnAddressThatComesAgainWasFreedUnseen) {
  in_both([] {
    allocated(block(0x1000, 10));
    allocated(block(0x1000, 20));
    const Profile profile = read_back();
    EXPECT_EQ(totals(profile, Space::Device).counts.live_bytes, 20U);
    EXPECT_EQ(profile.losses.cuda_frees_missed, 1U);
  });
}

TEST(CudaMemory, ImportedMemoryLastsAsLongAsItIsOpenAnywhere) {
  in_both([] {
    for (int times = 0; times != 2; ++times)
      allocated(block(0x1000, 10, Space::Imported, MemoryKind::Imported));
    EXPECT_TRUE(freed(0x1000));
    EXPECT_EQ(totals(read_back(), Space::Imported).counts.live_bytes, 10U);
    EXPECT_TRUE(freed(0x1000));
    EXPECT_EQ(totals(read_back(), Space::Imported).counts.live_bytes, 0U);
    EXPECT_EQ(totals(read_back(), Space::Imported).counts.allocated_blocks, 1U);
  });
}

TEST(CudaMemory, KeysOfDifferentSpacesAreDifferentBlocks) {
  in_both([] {
    allocated(block(0x1000, 10), CudaKey::Address);
    allocated(block(0x1000, 20, Space::Device, MemoryKind::Array), CudaKey::Array);
    EXPECT_TRUE(freed(0x1000, CudaKey::Array));
    EXPECT_EQ(totals(read_back(), Space::Device).counts.live_bytes, 10U);
  });
}

TEST(CudaMemory, AContextTakesItsBlocksAlong) {
  in_both([] {
    for (std::uint64_t n = 1; n <= 100; ++n)
      allocated(block(n * 0x1000, 10, Space::Device, MemoryKind::Plain, 0, n % 2 == 0 ? 0xaa : 0xbb));
    ended(0xaa);
    const Profile profile = read_back();
    EXPECT_EQ(totals(profile, Space::Device).counts.live_blocks, 50U);
    EXPECT_EQ(totals(profile, Space::Device).counts.live_bytes, 500U);
    ASSERT_EQ(profile.releases.size(), 1U);
    EXPECT_EQ(profile.releases[0].bytes, 500U);
    EXPECT_EQ(profile.releases[0].blocks, 50U);
    EXPECT_EQ(profile.releases[0].how, profile::ReleasedBy::ContextDestroyed);
    EXPECT_NE(profile.releases[0].released_site, 0U);
    EXPECT_FALSE(freed(0x2000));
    EXPECT_TRUE(freed(0x1000));
  });
}

TEST(CudaMemory, ASecondFreeIsToldWithBothStacks) {
  in_both([] {
    allocated(block(0x1000, 64));
    EXPECT_TRUE(freed(0x1000));
    refused(0x1000);
    const Profile profile = read_back();
    ASSERT_EQ(profile.errors.size(), 1U);
    EXPECT_EQ(profile.errors[0].kind, profile::ErrorKind::DoubleFree);
    EXPECT_EQ(profile.errors[0].space, Space::Device);
    EXPECT_EQ(profile.errors[0].bytes, 64U);
    for (const std::uint32_t site :
         {profile.errors[0].site, profile.errors[0].allocated_site, profile.errors[0].freed_site})
      EXPECT_NE(site, 0U);
  });
}

TEST(CudaMemory, AFreeOfTheMiddleOfABlockNamesTheBlock) {
  in_both([] {
    allocated(block(0x1000, 64));
    refused(0x1010);
    refused(0x9000);
    const Profile profile = read_back();
    ASSERT_EQ(profile.errors.size(), 2U);
    EXPECT_EQ(profile.errors[0].kind, profile::ErrorKind::InvalidFree);
    EXPECT_NE(profile.errors[0].allocated_site, 0U);
    EXPECT_EQ(profile.errors[0].bytes, 64U);
    EXPECT_EQ(profile.errors[1].allocated_site, 0U);
  });
}

TEST(CudaMemory, AFreeByTheFunctionForOtherMemoryIsNamed) {
  in_both([] {
    allocated(block(0x1000, 64, Space::Pinned));
    allocated(block(0x2000, 65, Space::Managed));
    refused(0x1000);
    refused(0x2000);  // the right function, so for another reason
    const Profile profile = read_back();
    ASSERT_EQ(profile.errors.size(), 1U);
    EXPECT_EQ(profile.errors[0].kind, profile::ErrorKind::MismatchedFree);
    EXPECT_EQ(profile.errors[0].space, Space::Pinned);
    EXPECT_EQ(profile.errors[0].bytes, 64U);
    EXPECT_NE(profile.errors[0].allocated_site, 0U);
    EXPECT_EQ(totals(profile, Space::Pinned).counts.live_blocks, 1U);
  });
}

TEST(CudaMemory, AFreeAfterTheContextsEndIsADoubleFreeWithBothStacks) {
  in_both([] {
    CudaBlock gone = block(0x1000, 64);
    gone.context = 7;
    allocated(gone);
    ended(7, CudaEnd::ContextDestroyed);
    refused(0x1000);
    const Profile profile = read_back();
    ASSERT_EQ(profile.errors.size(), 1U);
    EXPECT_EQ(profile.errors[0].kind, profile::ErrorKind::DoubleFree);
    EXPECT_EQ(profile.errors[0].bytes, 64U);
    ASSERT_EQ(profile.releases.size(), 1U);
    EXPECT_EQ(profile.errors[0].freed_site, profile.releases[0].released_site);
  });
}

TEST(CudaMemory, ThreadsCountTogether) {
  in_both([] {
    std::array<std::thread, 4> threads;
    for (std::uint64_t t = 0; t != threads.size(); ++t)
      threads[t] = std::thread{[t] {
        for (std::uint64_t n = 0; n != 2000; ++n) {
          const std::uint64_t key = (t << 32) + (n % 50) * 0x1000;
          if (n >= 50) {
            EXPECT_TRUE(freed(key));
          }
          allocated(block(key, 100));
        }
      }};
    for (std::thread& thread : threads) thread.join();
    const Profile profile = read_back();
    EXPECT_EQ(totals(profile, Space::Device).counts.live_bytes, 4U * 50 * 100);
    EXPECT_EQ(totals(profile, Space::Device).counts.allocated_blocks, 4U * 2000);
    EXPECT_LE(totals(profile, Space::Device).peak_bytes, 4U * 50 * 100);
    EXPECT_EQ(profile.losses.cuda_frees_missed, 0U);
  });
}

TEST(CudaMemory, AForkedChildHasNone) {
  in_both([] {
    allocated(block(0x1000, 64));
    cuda_device_seen(0, "GPU", 1 << 30);
    EXPECT_TRUE(test::holds_in_child([] {
      allocated(block(0x2000, 10));
      const Profile profile = read_back();
      EXPECT_EQ(totals(profile, Space::Device).counts.allocated_bytes, 10U);
      EXPECT_EQ(totals(profile, Space::Device).peak_bytes, 10U);
      EXPECT_EQ(profile.devices.size(), 1U);
      for (const tool::Device& device : profile.devices) EXPECT_EQ(device.record.live, 10) << device.name;
      EXPECT_FALSE(freed(0x1000));
      return !testing::Test::HasFailure();
    }));
    EXPECT_EQ(totals(read_back(), Space::Device).counts.allocated_bytes, 64U);
  });
}

TEST(CudaMemory, AHandlerThatInterruptsWeirIsNotRecordedButCounted) {
  in_both([] {
    allocated(block(0x1000, 64));
    {
      const KeepOut inside;
      allocated(block(0x2000, 64));
      EXPECT_FALSE(freed(0x1000));
    }
    const Profile profile = read_back();
    EXPECT_EQ(totals(profile, Space::Device).counts.live_bytes, 64U);
    EXPECT_EQ(profile.losses.cuda_in_handlers, 2U);
  });
}

TEST(CudaMemory, WithoutRoomBlocksAreLostAndCounted) {
  EXPECT_TRUE(in_mode("exact", [] {
    allocated(block(0x1000, 64));
    while (g_map.add_chunk(profile::ChunkKind::Errors, 0, 0) != nullptr) {
    }
    // Sites of other stacks still fit where the first one's table has room; new tables do not.
    for (std::uint8_t device = 1; device != 201; ++device)
      for (std::uint64_t kind = 1; kind != 9; ++kind)
        allocated(block(0x100000ULL * device + kind * 0x1000, 10, Space::Device,
                        static_cast<MemoryKind>(kind), device));
    const Profile profile = read_back();
    std::uint64_t sum = 0;
    for (const tool::Site& site : profile.sites)
      if (site.space == Space::Device) sum += site.counts.live_bytes;
    EXPECT_EQ(sum, totals(profile, Space::Device).counts.live_bytes);
    EXPECT_EQ(static_cast<std::int64_t>(sum), header().flushed_live[1]);
    EXPECT_GT(profile.losses.sites_dropped + profile.losses.counters_dropped, 0U);
    EXPECT_EQ(sum, 64U + 200 * 8 * 10 - 10 * profile.losses.cuda_blocks_dropped);
  }));
}

TEST(CudaMemory, ADeviceTellsWhatWasTrackedWhenItWasAsked) {
  in_both([] {
    cuda_device_seen(1, "A device with a name that is longer than sixty-three bytes, which is cut there",
                     1000);
    EXPECT_TRUE(cuda_memory_due(1));
    cuda_memory_seen(1, 900, 1000, 10);
    EXPECT_FALSE(cuda_memory_due(1));
    allocated(block(0x1000, 500, Space::Device, MemoryKind::Ordered, 1));
    cuda_pools_seen(1, 640, 500);
    cuda_memory_seen(1, 200, 1000, 10);
    EXPECT_TRUE(freed(0x1000));
    cuda_memory_seen(1, 800, 1000, 10);
    const Profile profile = read_back();
    ASSERT_EQ(profile.devices.size(), 1U);
    const tool::Device& device = profile.devices[0];
    EXPECT_EQ(device.ordinal, 1U);
    EXPECT_EQ(device.name.size(), 63U);
    EXPECT_EQ(device.record.first.used, 100U);
    EXPECT_EQ(device.record.highest.used, 800U);
    EXPECT_EQ(device.record.highest.tracked, 500U);
    EXPECT_EQ(device.record.highest.ordered, 500U);
    EXPECT_EQ(device.record.highest.pools_reserved, 640U);
    EXPECT_EQ(device.record.last.used, 200U);
    EXPECT_EQ(device.record.last.tracked, 0U);
    EXPECT_EQ(device.record.looks, 3U);
    EXPECT_EQ(device.record.peak, 500);
  });
}

TEST(CudaMemory, WhatThePoolsHoldBelongsToTheLookBeforeIt) {
  in_both([] {
    cuda_memory_seen(1, 200, 1000, 10);
    cuda_pools_seen(1, 640, 500);
    cuda_memory_seen(1, 900, 1000, 10);
    cuda_pools_seen(1, 64, 0);
    const Profile profile = read_back();
    const profile::DeviceRecord& device = profile.devices.at(0).record;
    EXPECT_EQ(device.first.pools_reserved, 640U);
    EXPECT_EQ(device.highest.pools_reserved, 640U);
    EXPECT_EQ(device.last.pools_reserved, 64U);
  });
}

TEST(CudaMemory, ADeviceIsAskedAgainWhenItsMemoryHasDoubledOrHalved) {
  in_both([] {
    constexpr std::uint64_t kMiB = 1 << 20;
    const auto is_due_soon = [] {  // the clock that is asked goes by ticks
      for (int tick = 0; tick != 5; ++tick, ::usleep(5000))
        if (cuda_memory_due(1)) return true;
      return false;
    };
    allocated(block(0x1000000, kMiB, Space::Device, MemoryKind::Plain, 1));
    cuda_memory_seen(1, 900, 1000, 10);
    allocated(block(0x2000000, kMiB, Space::Device, MemoryKind::Plain, 1));
    EXPECT_FALSE(is_due_soon()) << "less than the driver's own granularity";
    allocated(block(0x3000000, kMiB, Space::Device, MemoryKind::Plain, 1));
    EXPECT_TRUE(is_due_soon()) << "doubled";
    cuda_memory_seen(1, 800, 1000, 10);
    allocated(block(0x4000000, kMiB, Space::Device, MemoryKind::Plain, 1));
    EXPECT_FALSE(is_due_soon()) << "a third more";
    EXPECT_TRUE(freed(0x1000000) && freed(0x2000000) && freed(0x3000000));
    allocated(block(0x6000000, 1, Space::Pinned));  // few frees do not look at the clock
    EXPECT_TRUE(is_due_soon()) << "halved";
    cuda_memory_seen(1, 900, 1000, 1'000'000'000);
    allocated(block(0x5000000, 8 * kMiB, Space::Device, MemoryKind::Plain, 1));
    EXPECT_FALSE(is_due_soon()) << "it took too long to be asked often";
  });
}

TEST(CudaMemory, WhatGotByIsListedOnceAndCounted) {
  in_both([] {
    for (int times = 0; times != 3; ++times)
      cuda_unhooked("cuMemAllocNew", CudaRoute::ProcAddress, "unknown");
    cuda_unhooked("cuMemAllocNew", CudaRoute::Dlsym, "unknown");
    for (int n = 0; n != 100; ++n) cuda_deepbind_open(("/lib/" + std::to_string(n)).c_str());
    call(CudaRoute::Linked);
    call(CudaRoute::Linked);
    cuda_driver_seen(13000);
    const Profile profile = read_back();
    ASSERT_EQ(profile.unhooked.size(), 2U);
    EXPECT_EQ(profile.unhooked[0].name, "cuMemAllocNew");
    EXPECT_EQ(profile.unhooked[0].times, 3U);
    EXPECT_EQ(profile.deepbinds.size(), profile::kMaxDeepbinds);
    EXPECT_EQ(profile.losses.cuda_facts_dropped, 100U - profile::kMaxDeepbinds);
    EXPECT_EQ(profile.cuda_calls[0], 2U);
    EXPECT_EQ(profile.cuda_driver_version, 13000U);
  });
}

}  // namespace
}  // namespace weir::engine

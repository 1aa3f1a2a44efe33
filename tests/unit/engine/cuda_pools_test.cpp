// Where pools keep their numbers, who is passed by, and the record of the moment when memory ran out; what a reader then finds
// in the profile. Each test runs in a child process of its own, because weir starts once per process.
#include "core/engine/cuda_pools.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <string>

#include "core/engine/cuda_count.hpp"
#include "core/engine/state.hpp"
#include "support/in_child.hpp"
#include "support/temporary_folder.hpp"

namespace weir::engine {
namespace {

using profile::ChunkKind;
using profile::OutOfMemoryRecord;
using profile::PoolClassRecord;
using profile::PoolFree;
using profile::PoolKind;
using profile::PoolRecord;
using profile::Space;

bool in_mode(const char* mode, const std::function<void()>& what) {
  return test::holds_in_child([&] {
    setenv("WEIR_RECORD", mode, 1);
    what();
    return !testing::Test::HasFailure();
  });
}

CudaPoolNumbers of_device(std::uint8_t device) {
  return cuda_pool_numbers(Space::Device, device, PoolKind::Bucket, PoolFree::Strict, 1 << 20);
}

/// Records of a kind, as the profile in memory has them.
template <class Record>
const Record* chunk_of(ChunkKind kind, std::uint32_t index) {
  for (std::uint64_t i = 0; i != g_map.used_chunks(); ++i)
    if (g_map.entries()[i].kind == kind && g_map.entries()[i].index == index)
      return reinterpret_cast<const Record*>(g_map.chunk(i));
  return nullptr;
}

[[gnu::noinline]] void allocated(std::uint64_t key, std::uint64_t bytes, Space space = Space::Device,
                                 std::uint8_t device = 0) {
  cuda_allocated(CudaKey::Address,
                 {.key = key,
                  .bytes = bytes,
                  .context = 0,
                  .space = space,
                  .kind = profile::MemoryKind::Plain,
                  .device = device},
                 caller_of(__builtin_frame_address(0)));
  stay();
}

CudaOutOfMemory ran_out(std::uint64_t asked, std::uint8_t device = 0) {
  CudaOutOfMemory what{};
  what.space = Space::Device;
  what.device = device;
  what.asked = asked;
  what.driver_free = 1 << 20;
  what.driver_total = 1 << 30;
  what.idle = 4096;
  what.largest_idle = 2048;
  what.pending = 512;
  what.result = 2;
  return what;
}
[[gnu::noinline]] void note_out_of_memory(const CudaOutOfMemory& what) {
  cuda_out_of_memory(what, caller_of(__builtin_frame_address(0)));
  stay();
}

TEST(CudaPools, AreMadeOnceAndFoundAgain) {
  EXPECT_TRUE(in_mode("exact", [] {
    const CudaPoolNumbers pinned =
        cuda_pool_numbers(Space::Pinned, 3, PoolKind::Pow2, PoolFree::Deferred, 77);
    const CudaPoolNumbers second = of_device(1), again = of_device(1);
    EXPECT_EQ(second.pool, again.pool);
    EXPECT_EQ(second.classes, again.classes);
    EXPECT_NE(second.pool, pinned.pool);
    EXPECT_NE(second.classes, pinned.classes);
    const auto* records = chunk_of<PoolRecord>(ChunkKind::Pools, 0);
    ASSERT_NE(records, nullptr);
    EXPECT_EQ(&records[0], pinned.pool);
    EXPECT_EQ(&records[2], second.pool);
    EXPECT_EQ(chunk_of<PoolClassRecord>(ChunkKind::PoolClasses, 0), pinned.classes);
    EXPECT_EQ(chunk_of<PoolClassRecord>(ChunkKind::PoolClasses, 2), second.classes);
    EXPECT_EQ(records[0].ready, 1U);
    EXPECT_EQ(records[0].space, Space::Pinned);
    EXPECT_EQ(records[0].kind, PoolKind::Pow2);
    EXPECT_EQ(records[0].free_mode, PoolFree::Deferred);
    EXPECT_EQ(records[0].idle_max, 77U);
    EXPECT_EQ(records[1].ready, 0U);
    EXPECT_EQ(records[2].device, 1U);
  }));
}

TEST(CudaPools, StayWhereTheyAreWhenTheProfileGetsAFile) {
  EXPECT_TRUE(in_mode("exact", [] {
    const CudaPoolNumbers numbers = of_device(0);
    numbers.pool->hits = 5;
    const test::TemporaryFolder folder;
    const std::string path = folder / "pools.weir";
    ASSERT_EQ(g_map.move_to(path.c_str()), 0);
    numbers.pool->hits = 6;
    EXPECT_EQ(of_device(0).pool, numbers.pool);
    EXPECT_EQ(chunk_of<PoolRecord>(ChunkKind::Pools, 0)[1].hits, 6U);
  }));
}

TEST(CudaPools, AFullProfileGivesPagesOfItsOwn) {
  EXPECT_TRUE(in_mode("exact", [] {
    start_cold();
    while (g_map.add_chunk(ChunkKind::Errors, 0, 1) != nullptr) {
    }
    const CudaPoolNumbers first = of_device(0), second = of_device(1);
    ASSERT_NE(first.pool, nullptr);
    EXPECT_NE(first.pool, second.pool);
    EXPECT_NE(first.classes, second.classes);
    first.pool->idle_bytes = 100;
    std::memset(static_cast<void*>(first.classes), 1, profile::kPoolClasses * sizeof(PoolClassRecord));
    EXPECT_EQ(of_device(0).pool, first.pool);
    EXPECT_EQ(cuda_pool_extra(0), 100U);
    EXPECT_GE(cuda_own_bytes(), 2 * profile::kChunkBytes);
    EXPECT_GE(losses().cuda_facts_dropped, 2U);
  }));
}

TEST(CudaPools, HavePagesOfTheirOwnWhereNothingIsRecorded) {
  EXPECT_TRUE(in_mode("off", [] {
    const CudaPoolNumbers numbers = of_device(0);
    ASSERT_NE(numbers.pool, nullptr);
    numbers.pool->hits = 1;
    EXPECT_EQ(of_device(0).pool, numbers.pool);
    EXPECT_EQ(chunk_of<PoolRecord>(ChunkKind::Pools, 0), nullptr);
  }));
}

TEST(CudaPools, DevicesBeyondTheTableShareARecordThatNobodyReads) {
  EXPECT_TRUE(in_mode("exact", [] {
    start_cold();
    const CudaPoolNumbers last = of_device(200), other = of_device(63);
    ASSERT_NE(last.pool, nullptr);
    EXPECT_EQ(last.pool, other.pool);
    EXPECT_EQ(chunk_of<PoolRecord>(ChunkKind::Pools, 0), nullptr);
    EXPECT_NE(of_device(62).pool, last.pool);
    EXPECT_EQ(chunk_of<PoolRecord>(ChunkKind::Pools, 1)[31].ready, 1U);
  }));
}

TEST(CudaPools, AForkedChildBeginsAtZeroAndLeavesTheParentsAlone) {
  EXPECT_TRUE(in_mode("exact", [] {
    const CudaPoolNumbers numbers = of_device(0);
    numbers.pool->hits = 5;
    numbers.classes[3].hits = 5;
    const bool child = test::holds_in_child([&] {
      const CudaPoolNumbers mine = of_device(0);
      const bool is_fresh = mine.pool->hits == 0 && mine.pool->ready == 1 && mine.classes[3].hits == 0 &&
                            cuda_pool_extra(0) == 0;
      mine.pool->hits = 100;
      return is_fresh && mine.pool == numbers.pool;
    });
    EXPECT_TRUE(child);
    EXPECT_EQ(numbers.pool->hits, 5U);
    EXPECT_EQ(numbers.classes[3].hits, 5U);
  }));
}

TEST(CudaPools, WhatTheyHoldBeyondTheRequestsIsExtra) {
  EXPECT_TRUE(in_mode("exact", [] {
    EXPECT_EQ(cuda_pool_extra(0), 0U);
    PoolRecord& first = *of_device(0).pool;
    first.live_bytes = 1000;
    first.requested_bytes = 900;
    first.idle_bytes = 50;
    first.pending_bytes = 7;
    of_device(2).pool->idle_bytes = 1;
    EXPECT_EQ(cuda_pool_extra(0), 157U);
    EXPECT_EQ(cuda_pool_extra(1), 0U);
    EXPECT_EQ(cuda_pools_extra(), 158U);
    first.requested_bytes = 2000;  // between two words
    EXPECT_EQ(cuda_pool_extra(0), 0U);
    cuda_pool_numbers(Space::Pinned, 0, PoolKind::Bucket, PoolFree::Strict, 0).pool->idle_bytes = 1 << 20;
    EXPECT_EQ(cuda_pools_extra(), 1U);
  }));
}

TEST(CudaPools, ALookAtADeviceNotesWhatThePoolHolds) {
  EXPECT_TRUE(in_mode("exact", [] {
    cuda_memory_seen(0, 900, 1000, 1);
    of_device(0).pool->idle_bytes = 300;
    cuda_memory_seen(0, 100, 1000, 1);
    of_device(0).pool->idle_bytes = 200;
    cuda_memory_seen(0, 500, 1000, 1);
    const profile::DeviceRecord& device = *g_cuda.devices.find(0);
    EXPECT_EQ(device.extra_first, 0U);
    EXPECT_EQ(device.extra_highest, 300U);
    EXPECT_EQ(device.extra_last, 200U);
  }));
}

TEST(CudaPools, TrackedIsWhatTheBooksSay) {
  EXPECT_TRUE(in_mode("exact", [] {
    EXPECT_EQ(cuda_tracked(0), 0U);
    allocated(0x1000, 70);
    allocated(0x2000, 8, Space::Device, 1);
    EXPECT_EQ(cuda_tracked(0), 70U);
    EXPECT_EQ(cuda_tracked(1), 8U);
  }));
}

TEST(OutOfMemory, IsRecordedWithTheSitesThatHoldTheRest) {
  EXPECT_TRUE(in_mode("exact", [] {
    const auto small = [] { allocated(0x1000, 100); };
    const auto large = [] { allocated(0x2000, 5000); };
    small();
    large();
    allocated(0x3000, 900, Space::Device, 1);
    allocated(0x4000, 900, Space::Pinned);
    note_out_of_memory(ran_out(1 << 22));
    const auto* records = chunk_of<OutOfMemoryRecord>(ChunkKind::OutOfMemory, 0);
    ASSERT_NE(records, nullptr);
    const OutOfMemoryRecord& r = records[0];
    EXPECT_EQ(r.ready, 1U);
    EXPECT_EQ(r.asked, 1U << 22);
    EXPECT_EQ(r.tracked, 5100U);
    EXPECT_EQ(r.times, 1U);
    EXPECT_NE(r.site, 0U);
    ASSERT_EQ(r.holder_count, 2U);
    EXPECT_EQ(r.holders[0].bytes, 5000U);
    EXPECT_EQ(r.holders[0].blocks, 1U);
    EXPECT_EQ(r.holders[1].bytes, 100U);
    EXPECT_NE(r.holders[0].site, r.holders[1].site);
  }));
}

TEST(OutOfMemory, HoldersAreWholeBlocksInSampledModeToo) {
  EXPECT_TRUE(in_mode("sampled", [] {
    allocated(0x1000, 100);
    note_out_of_memory(ran_out(4096));
    const auto* records = chunk_of<OutOfMemoryRecord>(ChunkKind::OutOfMemory, 0);
    ASSERT_NE(records, nullptr);
    EXPECT_EQ(records[0].holders[0].blocks, 1U);
    EXPECT_EQ(records[0].holders[0].bytes, 100U);
  }));
}

/// A call stack for each number: `depth` binary turns.
[[gnu::noinline]] void at_stack(unsigned turns, unsigned depth, const std::function<void()>& what) {
  if (depth == 0)
    what();
  else if (turns % 2 == 0)
    at_stack(turns / 2, depth - 1, what);
  else
    at_stack(turns / 2, depth - 1, what), stay();
  stay();
}

TEST(OutOfMemory, TheSixteenLargestHoldersAreKeptMostFirst) {
  EXPECT_TRUE(in_mode("exact", [] {
    for (unsigned n = 0; n != 32; ++n)
      at_stack(n, 5, [=] { allocated(0x1000 * (n + 1), 1000 + (n * 7) % 32); });
    note_out_of_memory(ran_out(4096));
    const OutOfMemoryRecord& r = chunk_of<OutOfMemoryRecord>(ChunkKind::OutOfMemory, 0)[0];
    ASSERT_EQ(r.holder_count, 16U);
    for (std::size_t i = 0; i != 16; ++i) EXPECT_EQ(r.holders[i].bytes, 1031 - i);
  }));
}

TEST(OutOfMemory, TheSamePlaceAgainIsCountedAndAnotherHasARecord) {
  EXPECT_TRUE(in_mode("exact", [] {
    for (unsigned n = 0; n != 3; ++n) note_out_of_memory(ran_out(100 + n));
    note_out_of_memory(ran_out(7));
    note_out_of_memory(ran_out(7, 1));
    const auto* records = chunk_of<OutOfMemoryRecord>(ChunkKind::OutOfMemory, 0);
    ASSERT_NE(records, nullptr);
    EXPECT_EQ(records[0].times, 3U);
    EXPECT_EQ(records[0].asked, 100U);
    EXPECT_EQ(records[1].times, 1U);
    EXPECT_EQ(records[2].times, 1U);
    EXPECT_EQ(records[3].ready, 0U);
  }));
}

TEST(OutOfMemory, PlacesBeyondTheTableAreCountedAsLost) {
  EXPECT_TRUE(in_mode("exact", [] {
    for (unsigned n = 0; n != 64; ++n) at_stack(n, 6, [] { note_out_of_memory(ran_out(1)); });
    EXPECT_EQ(losses().cuda_facts_dropped, 64U - profile::kMaxOutOfMemory);
  }));
}

/// What `act` writes to standard error.
std::string said_by(const std::function<void()>& act) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  dup2(ends[1], 2);
  close(ends[1]);
  start(environ);  // takes note of the stream
  act();
  close(2);
  std::string out;
  char bytes[4096];
  for (ssize_t n; (n = read(ends[0], bytes, sizeof(bytes))) > 0;) out.append(bytes, static_cast<std::size_t>(n));
  return out;
}

TEST(OutOfMemory, TheVerdictIsSaidOnce) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(test::holds_in_child([&] {
    setenv("WEIR_OUT", (folder / "verdict.weir").c_str(), 1);
    const std::string said = said_by([] {
      allocated(0x1000, std::uint64_t{3} << 30);
      note_out_of_memory(ran_out(std::uint64_t{5} << 30));
      note_out_of_memory(ran_out(1));
      at_stack(1, 1, [] { note_out_of_memory(ran_out(2)); });
    });
    const auto times = [&](std::string_view what) {
      std::size_t n = 0;
      for (std::size_t at = said.find(what); at != std::string::npos; at = said.find(what, at + 1)) ++n;
      return n;
    };
    const bool holds = times("weir: out of memory on device 0: 5.0 GiB were asked for at ") == 1 &&
                       times("out of memory on") == 1 && times("3.0 GiB in 1 block, allocated at ") == 1 &&
                       times("4.0 KiB idle") == 1;
    if (!holds) std::printf("%s\n", said.c_str());
    return holds;
  }));
}

TEST(OutOfMemory, NothingIsSaidWhereSilenceIsAskedFor) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(test::holds_in_child([&] {
    setenv("WEIR_QUIET", "1", 1);
    setenv("WEIR_OUT", (folder / "verdict.weir").c_str(), 1);
    const std::string said = said_by([] { note_out_of_memory(ran_out(1)); });
    std::printf("%s", said.c_str());
    return said.empty();
  }));
}

}  // namespace
}  // namespace weir::engine

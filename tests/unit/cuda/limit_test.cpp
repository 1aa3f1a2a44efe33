// Room under WEIR_DEVICE_LIMIT, between the moment when the driver has granted a block and that when the books have counted it.
// Each test runs in a child process of its own, because weir starts once per process.
#include "core/cuda/limit.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/engine/state.hpp"
#include "support/in_child.hpp"

namespace weir::cuda {
namespace {

engine::Caller here() { return engine::caller_of(__builtin_frame_address(0)); }

/// In bytes; 0: there is none.
bool with_limit(std::uint64_t limit, const std::function<void()>& what) {
  return test::holds_in_child([&] {
    (void)engine::cuda_take(engine::CudaKey::Address, 1, here());  // the first call starts weir
    engine::g_config.device_limit.share = {limit, 0};
    what();
    return !testing::Test::HasFailure();
  });
}

/// The books count 4 MiB, as they do in a handover.
[[gnu::noinline]] void count(std::uint64_t key) {
  engine::cuda_allocated(engine::CudaKey::Address,
                         {.key = key,
                          .bytes = 4 << 20,
                          .context = 0,
                          .space = Space::Device,
                          .kind = MemoryKind::Plain,
                          .device = 0},
                         here());
  engine::stay();
}

TEST(Limit, NobodyIsRefusedForABlockThatIsCountedTwice) {
  EXPECT_TRUE(with_limit(8 << 20, [] {
    Call first{here()};
    Room room{first, 0, 4 << 20};
    ASSERT_FALSE(room.is_refused());
    room.begin_handover();
    count(0x1000);  // now it is set aside, and live
    ASSERT_EQ(engine::cuda_tracked(0), 4U << 20);
    std::atomic<bool> is_over{};
    std::thread other{[&] {
      Call second{here()};
      const Room its{second, 0, 4 << 20};
      EXPECT_FALSE(its.is_refused());
      EXPECT_TRUE(is_over.load()) << "its answer was a guess";
    }};
    usleep(20'000);
    is_over = true;
    room.end_handover();
    other.join();
  }));
}

TEST(Limit, WhatIsSetAsideCounts) {
  EXPECT_TRUE(with_limit(8 << 20, [] {
    Call first{here()}, second{here()}, third{here()};
    {
      const Room room{first, 0, 5 << 20};
      EXPECT_FALSE(room.is_refused());
      EXPECT_TRUE((Room{second, 0, 4 << 20}.is_refused()));
      EXPECT_FALSE((Room{third, 0, 3 << 20}.is_refused()));
      EXPECT_FALSE((Room{third, 1, 8 << 20}.is_refused())) << "another device";
    }
    EXPECT_FALSE((Room{second, 0, 8 << 20}.is_refused())) << "the room of what ended is free";
    EXPECT_TRUE((Room{second, 0, (8 << 20) + 1}.is_refused()));
    EXPECT_FALSE((Room{second, 0, 0}.is_refused()));
  }));
}

/// In a process that records nothing.
bool unrecorded(const char* limit, const std::function<void()>& what) {
  return test::holds_in_child([&] {
    setenv("WEIR_RECORD", "off", 1);
    setenv("WEIR_DEVICE_LIMIT", limit, 1);
    what();
    return !testing::Test::HasFailure();
  });
}
[[gnu::noinline]] void count_of(std::uint64_t key, std::uint64_t bytes, Space space, std::uint64_t context = 0) {
  engine::cuda_allocated(engine::CudaKey::Address,
                         {.key = key,
                          .bytes = bytes,
                          .context = context,
                          .space = space,
                          .kind = MemoryKind::Plain,
                          .device = 1},
                         here());
  engine::stay();
}

TEST(Limit, WhatIsLiveIsKnownWhereNothingIsRecorded) {
  EXPECT_TRUE(unrecorded("8M", [] {
    count_of(0x1000, 100, Space::Device);
    count_of(0x2000, 20, Space::Device);
    count_of(0x3000, 3, Space::Managed);
    count_of(0x4000, 3, Space::Pinned);
    EXPECT_EQ(engine::cuda_tracked(1), 120U);
    EXPECT_EQ(engine::cuda_tracked(0), 0U);
    const engine::CudaTaken taken = engine::cuda_take(engine::CudaKey::Address, 0x1000, here());
    EXPECT_TRUE(taken.found());
    EXPECT_EQ(engine::cuda_tracked(1), 20U);
    EXPECT_FALSE(engine::cuda_take(engine::CudaKey::Address, 0x1000, here()).found());
    EXPECT_TRUE(engine::cuda_put_back(taken));
    EXPECT_EQ(engine::cuda_tracked(1), 120U);
    count_of(0x2000, 7, Space::Device);  // freed unseen
    EXPECT_EQ(engine::cuda_tracked(1), 107U);
  }));
}

TEST(Limit, AnUnrecordedContextTakesItsBlocksAlong) {
  EXPECT_TRUE(unrecorded("50%", [] {
    count_of(0x1000, 100, Space::Device, 5);
    count_of(0x2000, 20, Space::Device, 6);
    count_of(0x3000, 3, Space::Device, 6);
    count_of(0x4000, 4, Space::Device);
    engine::cuda_context_ended(5, engine::CudaEnd::ContextDestroyed, here());
    EXPECT_EQ(engine::cuda_tracked(1), 27U);
    engine::cuda_end_failed(engine::cuda_context_ending(6));
    EXPECT_EQ(engine::cuda_tracked(1), 27U);
    const std::uint32_t end = engine::cuda_context_ending(6);
    count_of(0x3000, 9, Space::Device, 6);  // its address is handed out again meanwhile
    EXPECT_EQ(engine::cuda_tracked(1), 33U);
    engine::cuda_end_done(end, engine::CudaEnd::DeviceReset, here());
    EXPECT_EQ(engine::cuda_tracked(1), 13U);
  }));
}

TEST(Limit, WithoutOneNothingUnrecordedIsKept) {
  EXPECT_TRUE(unrecorded("none", [] {
    count_of(0x1000, 100, Space::Device);
    EXPECT_EQ(engine::cuda_tracked(1), 0U);
    EXPECT_FALSE(engine::cuda_take(engine::CudaKey::Address, 0x1000, here()).found());
    EXPECT_EQ(engine::cuda_own_bytes(), 0U);
  }));
}

TEST(Limit, AForkedChildBeginsWithNothingUnrecorded) {
  EXPECT_TRUE(unrecorded("8M", [] {
    engine::start(environ);
    count_of(0x1000, 100, Space::Device);
    EXPECT_TRUE(test::holds_in_child([] { return engine::cuda_tracked(1) == 0; }));
    EXPECT_EQ(engine::cuda_tracked(1), 100U);
  }));
}

TEST(Limit, WithoutOneThereIsRoomForAnything) {
  EXPECT_TRUE(with_limit(0, [] {
    Call call{here()};
    EXPECT_FALSE((Room{call, 0, ~std::uint64_t{0}}.is_refused()));
  }));
}

}  // namespace
}  // namespace weir::cuda

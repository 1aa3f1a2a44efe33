// Room under WEIR_DEVICE_LIMIT, between the moment when the driver has granted a block and that when the books have counted it.
// Each test runs in a child process of its own, because weir starts once per process.
#include "core/cuda/limit.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

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

TEST(Limit, WithoutOneThereIsRoomForAnything) {
  EXPECT_TRUE(with_limit(0, [] {
    Call call{here()};
    EXPECT_FALSE((Room{call, 0, ~std::uint64_t{0}}.is_refused()));
  }));
}

}  // namespace
}  // namespace weir::cuda

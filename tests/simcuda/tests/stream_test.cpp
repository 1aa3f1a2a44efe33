// Streams and events through the driver's entry points.
#include <thread>

#include "work.hpp"

namespace simcuda::test {
namespace {

void add(void* counter) { ++*static_cast<std::atomic<int>*>(counter); }

TEST(Stream, WorkWaitsInAHeldStreamAndStepsOneByOne) {
  in_context([] {
    std::atomic<int> count{0};
    const CUstream stream = new_stream();
    ASSERT_TRUE(simcuda_hold(stream));
    for (int i = 0; i < 2; ++i) ASSERT_EQ(cuLaunchHostFunc(stream, add, &count), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    EXPECT_EQ(simcuda_queued(stream), 2u);
    EXPECT_EQ(count, 0);
    EXPECT_TRUE(simcuda_step(stream));
    EXPECT_EQ(count, 1);
    EXPECT_TRUE(simcuda_release(stream));
    EXPECT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(cuStreamQuery(stream), CUDA_SUCCESS);
  });
}

TEST(Stream, StreamZeroIsTheLegacyStreamOrTheThreadsOwn) {
  in_context([] {
    std::atomic<int> count{0};
    ASSERT_TRUE(simcuda_hold(CU_STREAM_LEGACY));
    ASSERT_EQ(cuLaunchHostFunc(nullptr, add, &count), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_queued(CU_STREAM_LEGACY), 1u);
    EXPECT_EQ(simcuda_queued(CU_STREAM_PER_THREAD), 0u);
    simcuda_hold(CU_STREAM_PER_THREAD);
    ASSERT_EQ(cuLaunchHostFunc_ptsz(nullptr, add, &count), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_queued(CU_STREAM_PER_THREAD), 1u);
    EXPECT_FALSE(simcuda_step(CU_STREAM_PER_THREAD));
    simcuda_release(CU_STREAM_PER_THREAD);
    EXPECT_EQ(cuStreamQuery_ptsz(nullptr), CUDA_ERROR_NOT_READY);  // it waits for the legacy stream
    ASSERT_TRUE(simcuda_release(CU_STREAM_LEGACY));
    EXPECT_EQ(cuStreamSynchronize_ptsz(nullptr), CUDA_SUCCESS);
    EXPECT_EQ(count, 2);
  });
}

TEST(Stream, WhatIsAskedOfAStream) {
  in_context([] {
    const CUstream stream = new_stream(CU_STREAM_NON_BLOCKING, -99), other = new_stream(CU_STREAM_DEFAULT);
    int priority = 1;
    unsigned flags = 0;
    unsigned long long id = 0, other_id = 0;
    CUcontext context = nullptr, current = nullptr;
    CUdevice device = -1;
    EXPECT_EQ(cuStreamGetPriority(stream, &priority), CUDA_SUCCESS);
    EXPECT_EQ(priority, -5);  // cut to the range
    EXPECT_EQ(cuStreamGetFlags(stream, &flags), CUDA_SUCCESS);
    EXPECT_EQ(flags, unsigned{CU_STREAM_NON_BLOCKING});
    EXPECT_EQ(cuStreamGetId(stream, &id), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamGetId(other, &other_id), CUDA_SUCCESS);
    EXPECT_NE(id, other_id);
    EXPECT_EQ(cuStreamGetCtx(stream, &context), CUDA_SUCCESS);
    cuCtxGetCurrent(&current);
    EXPECT_EQ(context, current);
    EXPECT_EQ(cuStreamGetDevice(stream, &device), CUDA_SUCCESS);
    EXPECT_EQ(device, 0);
    EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamQuery(stream), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuStreamDestroy_v2(stream), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_EQ(cuStreamCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
    CUstream none = nullptr;
    EXPECT_EQ(cuStreamCreate(&none, 2), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Stream, ADestroyedStreamWithWorkPendingFinishesIt) {
  in_context([] {
    std::atomic<int> count{0};
    const CUstream stream = new_stream();
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchHostFunc(stream, add, &count), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamDestroy_v2(stream), CUDA_SUCCESS);
    EXPECT_EQ(count, 0);
    simcuda_release_all();
    EXPECT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    EXPECT_EQ(count, 1);
  });
}

TEST(Stream, HostFunctionsMayNotCallCudaButMayAllocate) {
  in_context([] {
    struct Seen {
      CUresult result = CUDA_SUCCESS;
      std::string text;
    } seen;
    const CUstream stream = new_stream();
    const auto ask = [](void* user) {
      CUcontext context;
      auto* into = static_cast<Seen*>(user);
      into->result = cuCtxGetCurrent(&context);
      into->text.assign(100000, 'x');
    };
    ASSERT_EQ(cuLaunchHostFunc(stream, ask, &seen), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(seen.result, CUDA_ERROR_NOT_PERMITTED);
    EXPECT_EQ(seen.text.size(), 100000u);
  });
}

TEST(Stream, CallbacksGetTheirStream) {
  in_context([] {
    const CUstream stream = new_stream();
    CUstream seen = nullptr;
    const auto callback = [](CUstream from, CUresult, void* user) { *static_cast<CUstream*>(user) = from; };
    ASSERT_EQ(cuStreamAddCallback(stream, callback, &seen, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(seen, stream);
    EXPECT_EQ(cuStreamAddCallback(stream, callback, &seen, 1), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Stream, ValuesInMemoryAreWrittenAndWaitedFor) {
  in_context([] {
    const CUdeviceptr flag = allocated(64);
    const CUstream first = new_stream(), second = new_stream();
    std::atomic<int> count{0};
    ASSERT_EQ(cuMemsetD32_v2(flag, 0, 2), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxSynchronize(), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitValue32_v2(first, flag, 7, CU_STREAM_WAIT_VALUE_GEQ), CUDA_SUCCESS);
    ASSERT_EQ(cuLaunchHostFunc(first, add, &count), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamQuery(first), CUDA_ERROR_NOT_READY);
    ASSERT_EQ(cuStreamWriteValue32_v2(second, flag, 6, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamSynchronize(second), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamQuery(first), CUDA_ERROR_NOT_READY);
    ASSERT_EQ(cuStreamWriteValue32_v2(second, flag, 8, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamSynchronize(first), CUDA_SUCCESS);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(cuStreamWaitValue32_v2(first, 0, 1, 0), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Event, HappensWhenItsStreamGetsThere) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUevent event = new_event();
    std::atomic<int> count{0};
    EXPECT_EQ(cuEventQuery(event), CUDA_SUCCESS);  // never recorded
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchHostFunc(stream, add, &count), CUDA_SUCCESS);
    ASSERT_EQ(cuEventRecord(event, stream), CUDA_SUCCESS);
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    simcuda_step(stream);
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    simcuda_step(stream);
    EXPECT_EQ(cuEventQuery(event), CUDA_SUCCESS);
    EXPECT_EQ(cuEventSynchronize(event), CUDA_SUCCESS);
    EXPECT_EQ(cuEventDestroy_v2(event), CUDA_SUCCESS);
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST(Event, AnotherStreamWaitsForIt) {
  in_context([] {
    const CUstream first = new_stream(), second = new_stream();
    const CUevent event = new_event();
    std::atomic<int> count{0};
    simcuda_hold(first);
    ASSERT_EQ(cuLaunchHostFunc(first, add, &count), CUDA_SUCCESS);
    ASSERT_EQ(cuEventRecord(event, first), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitEvent(second, event, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuEventRecord(event, second), CUDA_SUCCESS);  // the wait is for the record before
    EXPECT_EQ(cuStreamQuery(second), CUDA_ERROR_NOT_READY);
    simcuda_release(first);
    EXPECT_EQ(cuStreamSynchronize(second), CUDA_SUCCESS);
    EXPECT_EQ(count, 1);
  });
}

TEST(Event, ElapsedTimeIsOfTheVirtualClock) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUevent start = new_event(), end = new_event(), untimed = new_event(CU_EVENT_DISABLE_TIMING);
    const CUdeviceptr memory = allocated(MiB);
    float milliseconds = 0;
    ASSERT_EQ(cuEventRecord(start, stream), CUDA_SUCCESS);
    EXPECT_EQ(cuEventElapsedTime_v2(&milliseconds, start, end), CUDA_ERROR_INVALID_HANDLE);
    ASSERT_EQ(cuMemcpyDtoDAsync_v2(memory, memory + MiB / 2, MiB / 2, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuEventRecord(end, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuEventRecord(untimed, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuEventSynchronize(end), CUDA_SUCCESS);
    ASSERT_EQ(cuEventElapsedTime_v2(&milliseconds, start, end), CUDA_SUCCESS);
    EXPECT_FLOAT_EQ(milliseconds, (1000 + MiB / 2 / 16 + 1000) / 1e6f);
    EXPECT_EQ(cuEventElapsedTime_v2(&milliseconds, start, untimed), CUDA_ERROR_INVALID_HANDLE);
  });
}

TEST(Event, AContextsEventCoversAllItsStreams) {
  in_context([] {
    const CUstream first = new_stream(), second = new_stream();
    const CUevent event = new_event();
    std::atomic<int> count{0};
    simcuda_hold(first);
    simcuda_hold(second);
    for (const CUstream stream : {first, second})
      ASSERT_EQ(cuLaunchHostFunc(stream, add, &count), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxRecordEvent(nullptr, event), CUDA_SUCCESS);
    simcuda_step(first);
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    ASSERT_EQ(cuCtxWaitEvent(nullptr, event), CUDA_SUCCESS);
    const CUstream later = new_stream();
    ASSERT_EQ(cuLaunchHostFunc(later, add, &count), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamQuery(later), CUDA_ERROR_NOT_READY);
    simcuda_step(second);
    EXPECT_EQ(cuEventQuery(event), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamSynchronize(later), CUDA_SUCCESS);
    EXPECT_EQ(count, 3);
  });
}

TEST(Context, FreeingWaitsForItsWorkAndEndingItRunsWhatIsHeld) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUdeviceptr memory = allocated(256);
    std::atomic<int> count{0};
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchHostFunc(stream, add, &count), CUDA_SUCCESS);
    std::atomic<bool> freed{false};
    CUcontext context = nullptr;
    cuCtxGetCurrent(&context);
    std::thread freeing([&] {
      cuCtxSetCurrent(context);
      EXPECT_EQ(cuMemFree_v2(memory), CUDA_SUCCESS);
      EXPECT_EQ(count, 1);
      freed = true;
    });
    EXPECT_FALSE(freed);
    simcuda_release(stream);
    freeing.join();
    simcuda_hold(stream);
    ASSERT_EQ(cuLaunchHostFunc(stream, add, &count), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxDestroy_v2(context), CUDA_SUCCESS);
    EXPECT_EQ(count, 2);
  });
}

TEST(Seed, TheVariableDrawsLegalOrdersThatCanBeRepeated) {
  const auto order = [](const std::string& seed) {
    std::string file = testing::TempDir() + "simcuda_order_" + seed + "_" + std::to_string(getpid());
    in_context({{"SIMCUDA_SEED", seed}}, [&] {
      simcuda_seed(std::strtoull(seed.c_str(), nullptr, 10));
      static std::string seen;
      const CUstream streams[] = {new_stream(), new_stream()};
      static const char* const names[] = {"a", "A", "b", "B", "c", "C"};
      for (int i = 0; i < 6; ++i)
        cuLaunchHostFunc(
            streams[i % 2], [](void* user) { seen += *static_cast<const char* const*>(user); },
            const_cast<char**>(const_cast<const char**>(&names[i])));
      cuCtxSynchronize();
      FILE* out = std::fopen(file.c_str(), "w");
      std::fputs(seen.c_str(), out);
      std::fclose(out);
    });
    char text[32] = "";
    if (FILE* in = std::fopen(file.c_str(), "r")) {
      EXPECT_NE(std::fgets(text, sizeof text, in), nullptr);
      std::fclose(in);
      std::remove(file.c_str());
    }
    return std::string(text);
  };
  bool differ = false;
  for (const char* seed : {"1", "2", "3", "4"}) {
    const std::string first = order(seed);
    EXPECT_EQ(first.size(), 6u);
    EXPECT_EQ(first, order(seed));
    EXPECT_LT(first.find('a'), first.find('b'));
    EXPECT_LT(first.find('B'), first.find('C'));
    differ |= first != "aAbBcC";
  }
  EXPECT_TRUE(differ);
}

}  // namespace
}  // namespace simcuda::test

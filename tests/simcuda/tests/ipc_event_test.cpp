// Events between two processes.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <thread>

#include "second_process.hpp"
#include "stream_fixture.hpp"

namespace simcuda::test {
namespace {

constexpr unsigned kShared = CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING;

struct Sent {
  CUipcEventHandle theirs, ours;
};

CUevent opened(const CUipcEventHandle& handle) {
  CUevent event = nullptr;
  return cuIpcOpenEventHandle(&event, handle) == CUDA_SUCCESS ? event : nullptr;
}

// `theirs` is recorded in a stream that the other process holds; `ours` is recorded here in one that this process
// holds until `theirs` has happened. A byte through the descriptor says that it is recorded.
const Role waiter("wait for one event and record the other", [](const Message& message) {
  Sent sent;
  std::memcpy(&sent, message.data(), sizeof sent);
  CUcontext context = nullptr;
  CUstream stream = nullptr, held = nullptr;
  EXPECT_IN_ROLE(cuInit(0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuCtxSetCurrent(context) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuStreamCreate(&held, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS);
  CUevent theirs = opened(sent.theirs), ours = opened(sent.ours);
  EXPECT_IN_ROLE(theirs != nullptr && ours != nullptr);
  EXPECT_IN_ROLE(cuEventQuery(theirs) == CUDA_ERROR_NOT_READY);
  EXPECT_IN_ROLE(cuStreamWaitEvent(stream, theirs, 0) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuStreamQuery(stream) == CUDA_ERROR_NOT_READY);
  EXPECT_IN_ROLE(cuEventQuery(ours) == CUDA_SUCCESS);  // recorded by nobody
  simcuda_hold(held);
  EXPECT_IN_ROLE(cuEventRecord(ours, held) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(write(kGivenDescriptor, "x", 1) == 1);
  EXPECT_IN_ROLE(cuEventSynchronize(theirs) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuStreamSynchronize(stream) == CUDA_SUCCESS);
  simcuda_release(held);
  EXPECT_IN_ROLE(cuStreamSynchronize(held) == CUDA_SUCCESS);
  EXPECT_IN_ROLE(cuEventDestroy_v2(theirs) == CUDA_SUCCESS);
  return 0;
});

class IpcEvent : public StreamOrderTest {
 protected:
  CUevent shared_event() {
    CUevent event = nullptr;
    EXPECT_EQ(cuEventCreate(&event, kShared), CUDA_SUCCESS);
    return event;
  }
  CUipcEventHandle handle_of(CUevent event) {
    CUipcEventHandle handle = {};
    EXPECT_EQ(cuIpcGetEventHandle(&handle, event), CUDA_SUCCESS);
    return handle;
  }
};

MEMORY_TEST(IpcEvent, EachProcessWaitsForWhatTheOtherRecords) {
  CUevent mine = shared_event(), answer = shared_event();
  simcuda_hold(a);
  ASSERT_EQ(cuEventRecord(mine, a), CUDA_SUCCESS);  // before it is shared
  Sent sent{.theirs = handle_of(mine), .ours = handle_of(answer)};
  ASSERT_EQ(cuEventRecord(mine, a), CUDA_SUCCESS);  // and after
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread other(
      [&] { EXPECT_EQ(play("wait for one event and record the other", as_message(sent), ends[1]), 0); });
  pollfd said = {.fd = ends[0], .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&said, 1, 30000), 1) << "the other process says nothing";
  EXPECT_EQ(cuEventQuery(answer), CUDA_ERROR_NOT_READY) << "recorded there, and held";
  EXPECT_EQ(cuEventQuery(mine), CUDA_ERROR_NOT_READY);
  simcuda_release(a);
  EXPECT_EQ(cuEventSynchronize(answer), CUDA_SUCCESS);
  EXPECT_EQ(cuEventQuery(mine), CUDA_SUCCESS);
  other.join();
  close(ends[0]);
  close(ends[1]);
}

MEMORY_TEST(IpcEvent, OnlyEventsMadeForItAreShared) {
  CUevent plain = nullptr;
  ASSERT_EQ(cuEventCreate(&plain, CU_EVENT_DISABLE_TIMING), CUDA_SUCCESS);
  CUipcEventHandle handle = {};
  EXPECT_EQ(cuIpcGetEventHandle(&handle, plain), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuIpcGetEventHandle(&handle, nullptr), CUDA_ERROR_INVALID_HANDLE);
  CUevent event = shared_event(), none = plain;
  handle = handle_of(event);
  EXPECT_EQ(cuIpcOpenEventHandle(&none, handle), CUDA_ERROR_INVALID_CONTEXT) << "in the process that made it";
  handle.reserved[0] ^= 1;
  EXPECT_EQ(cuIpcOpenEventHandle(&none, handle), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(none, plain);
}

}  // namespace
}  // namespace simcuda::test

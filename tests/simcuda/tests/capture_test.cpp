// Capture: what becomes a node, which streams join, which calls are forbidden, and how a capture ends.
#include <thread>

#include "work.hpp"

namespace simcuda::test {
namespace {

using Words = std::vector<unsigned>;

void begin(CUstream stream, CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL) {
  ASSERT_EQ(cuStreamBeginCapture_v2(stream, mode), CUDA_SUCCESS);
}

CUgraph end(CUstream stream) {
  CUgraph graph = nullptr;
  EXPECT_EQ(cuStreamEndCapture(stream, &graph), CUDA_SUCCESS);
  return graph;
}

CUresult end_result(CUstream stream) {
  CUgraph graph = reinterpret_cast<CUgraph>(1);
  const CUresult result = cuStreamEndCapture(stream, &graph);
  if (result == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED || result == CUDA_ERROR_STREAM_CAPTURE_UNJOINED) {
    EXPECT_EQ(graph, nullptr);
  }
  return result;
}

CUstreamCaptureStatus status(CUstream stream) {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  EXPECT_EQ(cuStreamIsCapturing(stream, &status), CUDA_SUCCESS);
  return status;
}

size_t nodes(CUgraph graph) {
  size_t count = 0;
  EXPECT_EQ(cuGraphGetNodes(graph, nullptr, &count), CUDA_SUCCESS);
  return count;
}

size_t edges(CUgraph graph) {
  size_t count = 0;
  EXPECT_EQ(cuGraphGetEdges(graph, nullptr, nullptr, &count), CUDA_SUCCESS);
  return count;
}

TEST(Capture, RecordsInsteadOfRunningAndTheGraphRunsIt) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUdeviceptr memory = allocated(16);
    const CUstream stream = new_stream();
    set_words(memory, Words(4, 0));
    begin(stream);
    EXPECT_EQ(status(stream), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    ASSERT_EQ(launch_fill(fill, memory, 1, 4, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD32Async(memory, 2, 2, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemcpyDtoDAsync_v2(memory + 8, memory, 4, stream), CUDA_SUCCESS);
    const CUgraph graph = end(stream);
    EXPECT_EQ(status(stream), CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_EQ(nodes(graph), 3u);
    EXPECT_EQ(edges(graph), 2u);
    EXPECT_EQ(words(memory, 4), Words(4, 0));
    CUgraphExec executable = nullptr;
    ASSERT_EQ(cuGraphInstantiateWithFlags(&executable, graph, 0), CUDA_SUCCESS);
    for (int round = 0; round < 2; ++round) {
      set_words(memory, Words(4, 9));
      ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
      ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
      EXPECT_EQ(words(memory, 4), (Words{2, 2, 2, 1}));
    }
    EXPECT_EQ(cuGraphExecDestroy(executable), CUDA_SUCCESS);
    EXPECT_EQ(cuGraphDestroy(graph), CUDA_SUCCESS);
    EXPECT_EQ(cuGraphDestroy(graph), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Capture, OtherStreamsJoinThroughEventsAndMustComeBack) {
  in_context([] {
    const CUdeviceptr memory = allocated(16);
    const CUstream first = new_stream(), second = new_stream();
    const CUevent fork = new_event(), join = new_event();
    const auto work = [&](CUstream stream, unsigned at) {
      EXPECT_EQ(cuMemsetD32Async(memory + 4 * at, at, 1, stream), CUDA_SUCCESS);
    };
    begin(first);
    work(first, 0);
    ASSERT_EQ(cuEventRecord(fork, first), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitEvent(second, fork, 0), CUDA_SUCCESS);
    EXPECT_EQ(status(second), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    work(second, 1);
    work(first, 2);
    ASSERT_EQ(cuEventRecord(join, second), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitEvent(first, join, 0), CUDA_SUCCESS);
    work(first, 3);
    const CUgraph graph = end(first);
    EXPECT_EQ(status(second), CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_EQ(nodes(graph), 4u);
    EXPECT_EQ(edges(graph), 4u);  // a diamond
    CUgraphNode root = nullptr;
    size_t count = 1;
    ASSERT_EQ(cuGraphGetRootNodes(graph, &root, &count), CUDA_SUCCESS);
    EXPECT_EQ(count, 1u);
    ASSERT_EQ(cuGraphNodeGetDependentNodes(root, nullptr, &count), CUDA_SUCCESS);
    EXPECT_EQ(count, 2u);

    begin(first);
    ASSERT_EQ(cuEventRecord(fork, first), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitEvent(second, fork, 0), CUDA_SUCCESS);
    work(second, 1);
    EXPECT_EQ(end_result(second), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
    EXPECT_EQ(end_result(first), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    begin(first);
    ASSERT_EQ(cuEventRecord(fork, first), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitEvent(second, fork, 0), CUDA_SUCCESS);
    work(second, 1);
    EXPECT_EQ(end_result(first), CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    EXPECT_EQ(status(second), CU_STREAM_CAPTURE_STATUS_NONE);
  });
}

TEST(Capture, AllocatingUnderAGlobalCaptureFailsAndEndsIt) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUdeviceptr before = allocated(64);
    CUdeviceptr memory = 77;
    begin(stream);
    EXPECT_EQ(cuMemAlloc_v2(&memory, 64), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(memory, 77u);
    EXPECT_EQ(status(stream), CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    EXPECT_EQ(cuMemsetD8Async(before, 0, 1, stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(end_result(stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(cuMemAlloc_v2(&memory, 64), CUDA_SUCCESS);
    begin(stream);
    EXPECT_EQ(cuMemFree_v2(before), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(end_result(stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(cuMemFree_v2(before), CUDA_SUCCESS);
  });
}

// What allocating does in the capturing thread and in another.
TEST(Capture, ModesSayWhichThreadsCallsAreForbidden) {
  in_context([] {
    CUcontext context = nullptr;
    cuCtxGetCurrent(&context);
    const CUstream stream = new_stream();
    const auto allocate = [&](bool elsewhere) {
      CUresult result = CUDA_SUCCESS;
      const auto call = [&] {
        CUdeviceptr memory = 0;
        cuCtxSetCurrent(context);
        result = cuMemAlloc_v2(&memory, 64);
      };
      elsewhere ? std::thread(call).join() : call();
      return result;
    };
    const CUresult no = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    const struct {
      CUstreamCaptureMode mode;
      CUresult here, elsewhere;
    } rows[] = {{CU_STREAM_CAPTURE_MODE_GLOBAL, no, no},
                {CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, no, CUDA_SUCCESS},
                {CU_STREAM_CAPTURE_MODE_RELAXED, CUDA_SUCCESS, CUDA_SUCCESS}};
    for (const auto& row : rows) {
      for (const bool elsewhere : {false, true}) {
        begin(stream, row.mode);
        const CUresult wanted = elsewhere ? row.elsewhere : row.here;
        EXPECT_EQ(allocate(elsewhere), wanted) << row.mode << elsewhere;
        EXPECT_EQ(end_result(stream), wanted == no ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED : CUDA_SUCCESS);
      }
    }
    begin(stream);
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    ASSERT_EQ(cuThreadExchangeStreamCaptureMode(&mode), CUDA_SUCCESS);
    EXPECT_EQ(mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
    EXPECT_EQ(allocate(false), CUDA_SUCCESS);
    ASSERT_EQ(cuThreadExchangeStreamCaptureMode(&mode), CUDA_SUCCESS);
    EXPECT_EQ(mode, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_EQ(end_result(stream), CUDA_SUCCESS);
  });
}

TEST(Capture, WaitingForWhatIsRecordedIsForbidden) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUevent event = new_event();
    const auto forbidden = [&](CUresult result, CUresult wanted) {
      EXPECT_EQ(result, wanted);
      EXPECT_EQ(end_result(stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
      begin(stream);
      EXPECT_EQ(cuEventRecord(event, stream), CUDA_SUCCESS);
    };
    begin(stream);
    forbidden(cuStreamSynchronize(stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    forbidden(cuStreamQuery(stream), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    forbidden(cuEventQuery(event), CUDA_ERROR_CAPTURED_EVENT);
    forbidden(cuEventSynchronize(event), CUDA_ERROR_CAPTURED_EVENT);
    forbidden(cuCtxSynchronize(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    forbidden(cuCtxRecordEvent(nullptr, event), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    forbidden(cuStreamAddCallback(
                  stream, [](CUstream, CUresult, void*) {}, nullptr, 0),
              CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(end_result(stream), CUDA_SUCCESS);
  });
}

TEST(Capture, AQueryOfAnotherEventDisturbsAGlobalCapture) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUevent other = new_event();
    begin(stream);
    EXPECT_EQ(cuEventQuery(other), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    EXPECT_EQ(end_result(stream), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    begin(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_EQ(cuEventQuery(other), CUDA_SUCCESS);
    EXPECT_EQ(end_result(stream), CUDA_SUCCESS);
  });
}

TEST(Capture, TheLegacyStreamCannotBeCapturedNorUsedBesideABlockingStream) {
  in_context([] {
    const CUstream blocking = new_stream(CU_STREAM_DEFAULT), free = new_stream();
    const CUdeviceptr memory = allocated(4);
    CUstreamCaptureStatus told;
    EXPECT_EQ(cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL),
              CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    begin(free, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_EQ(cuMemsetD32_v2(memory, 1, 1), CUDA_SUCCESS);
    EXPECT_EQ(end_result(free), CUDA_SUCCESS);
    begin(blocking, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_EQ(cuStreamIsCapturing(nullptr, &told), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    EXPECT_EQ(status(blocking), CU_STREAM_CAPTURE_STATUS_ACTIVE);
    EXPECT_EQ(cuMemsetD32_v2(memory, 1, 1), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    EXPECT_EQ(end_result(blocking), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    begin(blocking, CU_STREAM_CAPTURE_MODE_RELAXED);
    unsigned value = 0;
    EXPECT_EQ(cuMemcpyDtoH_v2(&value, memory, 4), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    EXPECT_EQ(end_result(blocking), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    ASSERT_EQ(cuStreamBeginCapture_v2_ptsz(nullptr, CU_STREAM_CAPTURE_MODE_RELAXED), CUDA_SUCCESS);
    EXPECT_EQ(end_result(CU_STREAM_PER_THREAD), CUDA_SUCCESS);
  });
}

TEST(Capture, WorkOutsideAndOtherCapturesCannotBeWaitedFor) {
  in_context([] {
    const CUstream first = new_stream(), second = new_stream();
    const CUevent outside = new_event(), inside = new_event();
    ASSERT_EQ(cuEventRecord(outside, second), CUDA_SUCCESS);
    begin(first);
    EXPECT_EQ(cuStreamWaitEvent(first, outside, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    EXPECT_EQ(end_result(first), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    begin(first);
    begin(second);
    ASSERT_EQ(cuEventRecord(inside, second), CUDA_SUCCESS);
    EXPECT_EQ(cuStreamWaitEvent(first, inside, 0), CUDA_ERROR_STREAM_CAPTURE_MERGE);
    EXPECT_EQ(end_result(first), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(end_result(second), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(cuStreamWaitEvent(first, inside, 0), CUDA_ERROR_INVALID_VALUE);  // of a capture that is over
  });
}

TEST(Capture, EndsInTheThreadThatBeganIt) {
  in_context([] {
    CUcontext context = nullptr;
    cuCtxGetCurrent(&context);
    const CUstream stream = new_stream();
    const auto end_elsewhere = [&] {
      CUresult result = CUDA_SUCCESS;
      std::thread([&] {
        CUgraph graph = nullptr;
        cuCtxSetCurrent(context);
        result = cuStreamEndCapture(stream, &graph);
      }).join();
      return result;
    };
    EXPECT_EQ(end_result(stream), CUDA_ERROR_ILLEGAL_STATE);
    begin(stream);
    EXPECT_EQ(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_ERROR_ILLEGAL_STATE);
    EXPECT_EQ(end_elsewhere(), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    EXPECT_EQ(end_result(stream), CUDA_SUCCESS);
    begin(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
    EXPECT_EQ(end_elsewhere(), CUDA_SUCCESS);
  });
}

TEST(Capture, InfoNamesTheGraphAndWhatComesNext) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUdeviceptr memory = allocated(4);
    CUstreamCaptureStatus told;
    cuuint64_t first = 0, second = 0;
    CUgraph graph = nullptr;
    const CUgraphNode* next = nullptr;
    size_t count = 9;
    begin(stream);
    ASSERT_EQ(cuMemsetD32Async(memory, 1, 1, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamGetCaptureInfo_v2(stream, &told, &first, &graph, &next, &count), CUDA_SUCCESS);
    EXPECT_EQ(told, CU_STREAM_CAPTURE_STATUS_ACTIVE);
    ASSERT_EQ(count, 1u);
    CUgraphNode node = next[0], added = nullptr;
    ASSERT_EQ(cuGraphAddEmptyNode(&added, graph, &node, 1), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamUpdateCaptureDependencies(stream, &added, 1, CU_STREAM_SET_CAPTURE_DEPENDENCIES),
              CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD32Async(memory, 2, 1, stream), CUDA_SUCCESS);
    EXPECT_EQ(end(stream), graph);
    EXPECT_EQ(nodes(graph), 3u);
    EXPECT_EQ(edges(graph), 2u);
    begin(stream);
    ASSERT_EQ(cuStreamGetCaptureInfo(stream, &told, &second), CUDA_SUCCESS);
    EXPECT_NE(first, second);
    end(stream);
  });
}

TEST(Capture, GoesOnInAGraphThatIsThere) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUdeviceptr memory = allocated(4);
    CUgraph graph = nullptr;
    CUgraphNode start = nullptr;
    ASSERT_EQ(cuGraphCreate(&graph, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphAddEmptyNode(&start, graph, nullptr, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamBeginCaptureToGraph(stream, graph, &start, nullptr, 1, CU_STREAM_CAPTURE_MODE_GLOBAL),
              CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD32Async(memory, 1, 1, stream), CUDA_SUCCESS);
    EXPECT_EQ(end(stream), graph);
    EXPECT_EQ(nodes(graph), 2u);
    EXPECT_EQ(edges(graph), 1u);
  });
}

TEST(Capture, ADestroyedStreamEndsItsCapture) {
  in_context([] {
    const CUstream first = new_stream(), second = new_stream();
    const CUevent event = new_event();
    begin(first);
    ASSERT_EQ(cuEventRecord(event, first), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamWaitEvent(second, event, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamDestroy_v2(second), CUDA_SUCCESS);
    EXPECT_EQ(end_result(first), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  });
}

}  // namespace
}  // namespace simcuda::test

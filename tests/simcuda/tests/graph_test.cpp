// Graphs: made by hand, run as the partial order they are, changed, cloned; the memory they hold.
#include <algorithm>

#include "work.hpp"

namespace simcuda::test {
namespace {

using Words = std::vector<unsigned>;

CUgraph new_graph() {
  CUgraph graph = nullptr;
  EXPECT_EQ(cuGraphCreate(&graph, 0), CUDA_SUCCESS);
  return graph;
}

CUgraphExec instantiated(CUgraph graph, unsigned long long flags = 0) {
  CUgraphExec executable = nullptr;
  EXPECT_EQ(cuGraphInstantiateWithFlags(&executable, graph, flags), CUDA_SUCCESS);
  return executable;
}

void run(CUgraphExec executable, CUstream stream) {
  ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
  ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
}

std::mutex order_lock;
std::string order;

void note(void* user) {
  const std::lock_guard guard(order_lock);
  order += *static_cast<const char*>(user);
}

CUgraphNode noting(CUgraph graph, const char* name, const std::vector<CUgraphNode>& before) {
  CUgraphNode node = nullptr;
  const CUDA_HOST_NODE_PARAMS parameters{note, const_cast<char*>(name)};
  EXPECT_EQ(cuGraphAddHostNode(&node, graph, before.data(), before.size(), &parameters), CUDA_SUCCESS);
  return node;
}

CUgraphNode filling(CUgraph graph, CUdeviceptr to, unsigned value,
                    const std::vector<CUgraphNode>& before = {}) {
  CUgraphNode node = nullptr;
  CUcontext context = nullptr;
  cuCtxGetCurrent(&context);
  const CUDA_MEMSET_NODE_PARAMS parameters{to, 0, value, 4, 1, 1};
  EXPECT_EQ(cuGraphAddMemsetNode(&node, graph, before.data(), before.size(), &parameters, context),
            CUDA_SUCCESS);
  return node;
}

TEST(Graph, RunsAsAPartialOrderAndBetweenItsNeighbours) {
  for (const char* seed : {"0", "1", "2", "3"}) {
    in_context({{"SIMCUDA_SEED", seed}}, [&] {
      simcuda_seed(std::strtoull(seed, nullptr, 10));
      order.clear();
      const CUgraph graph = new_graph();
      const CUgraphNode a = noting(graph, "a", {}), b = noting(graph, "b", {a}), c = noting(graph, "c", {a});
      noting(graph, "d", {b, c});
      noting(graph, "e", {});
      const CUgraphExec executable = instantiated(graph);
      const CUstream stream = new_stream();
      char first = '(', last = ')';
      ASSERT_EQ(cuLaunchHostFunc(stream, note, &first), CUDA_SUCCESS);
      ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
      ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
      ASSERT_EQ(cuLaunchHostFunc(stream, note, &last), CUDA_SUCCESS);
      ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
      ASSERT_EQ(order.size(), 12u) << order;
      EXPECT_EQ(order.front(), '(');
      EXPECT_EQ(order.back(), ')');
      for (const std::string once : {order.substr(1, 5), order.substr(6, 5)}) {
        const auto at = [&](char name) { return once.find(name); };
        EXPECT_EQ(std::count(once.begin(), once.end(), 'e'), 1) << order;
        EXPECT_TRUE(at('a') < at('b') && at('a') < at('c') && at('b') < at('d') && at('c') < at('d'))
            << order;
      }
    });
  }
}

TEST(Graph, AnEdgeMayNotCloseACircleAndNodesHaveToBeOfTheGraph) {
  in_context([] {
    const CUgraph graph = new_graph(), other = new_graph();
    CUgraphNode a = noting(graph, "a", {}), b = noting(graph, "b", {a}), stranger = noting(other, "s", {}),
                none = nullptr;
    size_t count = 0;
    EXPECT_EQ(cuGraphAddDependencies(graph, &b, &a, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphAddDependencies(graph, &a, &b, 1), CUDA_ERROR_INVALID_VALUE);  // there already
    EXPECT_EQ(cuGraphAddDependencies(graph, &a, &stranger, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphAddEmptyNode(&none, graph, &stranger, 1), CUDA_ERROR_INVALID_VALUE);
    ASSERT_EQ(cuGraphRemoveDependencies(graph, &a, &b, 1), CUDA_SUCCESS);
    EXPECT_EQ(cuGraphRemoveDependencies(graph, &a, &b, 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphAddDependencies(graph, &b, &a, 1), CUDA_SUCCESS);
    CUgraphNode from[2], to[2];
    count = 2;
    ASSERT_EQ(cuGraphGetEdges(graph, from, to, &count), CUDA_SUCCESS);
    ASSERT_EQ(count, 1u);
    EXPECT_EQ(from[0], b);
    EXPECT_EQ(to[0], a);
    EXPECT_EQ(from[1], nullptr);
    ASSERT_EQ(cuGraphDestroyNode(b), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphNodeGetDependencies(a, nullptr, &count), CUDA_SUCCESS);
    EXPECT_EQ(count, 0u);
    CUgraphNodeType type;
    EXPECT_EQ(cuGraphNodeGetType(b, &type), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphNodeGetType(a, &type), CUDA_SUCCESS);
    EXPECT_EQ(type, CU_GRAPH_NODE_TYPE_HOST);
  });
}

TEST(Graph, EveryKindOfNodeRuns) {
  in_context([] {
    const CUfunction fill = function_of(loaded(), "fill");
    const CUdeviceptr memory = allocated(32);
    set_words(memory, Words(8, 0));
    const CUevent event = new_event();
    const CUgraph graph = new_graph(), inner = new_graph();
    CUgraphNode kernel = nullptr, copy = nullptr, child = nullptr, record = nullptr, write = nullptr;
    CUdeviceptr to = memory;
    unsigned value = 1, count = 2;
    void* parameters[] = {&to, &value, &count};
    CUDA_KERNEL_NODE_PARAMS launch{};
    launch.func = fill;
    launch.gridDimX = launch.gridDimY = launch.gridDimZ = launch.blockDimX = launch.blockDimY =
        launch.blockDimZ = 1;
    launch.kernelParams = parameters;
    ASSERT_EQ(cuGraphAddKernelNode_v2(&kernel, graph, nullptr, 0, &launch), CUDA_SUCCESS);
    CUDA_MEMCPY3D move{};
    move.srcMemoryType = move.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    move.srcDevice = memory, move.dstDevice = memory + 8;
    move.WidthInBytes = 8, move.Height = move.Depth = 1;
    ASSERT_EQ(cuGraphAddMemcpyNode(&copy, graph, &kernel, 1, &move, nullptr), CUDA_SUCCESS);
    filling(inner, memory + 4, 2, {filling(inner, memory + 4, 3)});
    ASSERT_EQ(cuGraphAddChildGraphNode(&child, graph, &copy, 1, inner), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphAddEventRecordNode(&record, graph, &child, 1, event), CUDA_SUCCESS);
    CUstreamBatchMemOpParams op{};
    op.writeValue.operation = CU_STREAM_MEM_OP_WRITE_VALUE_32;
    op.writeValue.address = memory + 16;
    op.writeValue.value = 4;
    CUDA_BATCH_MEM_OP_NODE_PARAMS ops{nullptr, 1, &op, 0};
    ASSERT_EQ(cuGraphAddBatchMemOpNode(&write, graph, &child, 1, &ops), CUDA_SUCCESS);
    value = 99;  // was taken when the node was made
    const CUstream stream = new_stream();
    simcuda_hold(stream);
    ASSERT_EQ(cuGraphLaunch(instantiated(graph), stream), CUDA_SUCCESS);
    EXPECT_EQ(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    simcuda_release(stream);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(words(memory, 5), (Words{1, 2, 1, 1, 4}));
    EXPECT_EQ(cuEventQuery(event), CUDA_SUCCESS);
    CUDA_KERNEL_NODE_PARAMS told{};
    ASSERT_EQ(cuGraphKernelNodeGetParams_v2(kernel, &told), CUDA_SUCCESS);
    EXPECT_EQ(told.func, fill);
    EXPECT_EQ(*static_cast<unsigned*>(told.kernelParams[1]), 1u);
    CUDA_MEMCPY3D moved{};
    ASSERT_EQ(cuGraphMemcpyNodeGetParams(copy, &moved), CUDA_SUCCESS);
    EXPECT_EQ(moved.dstDevice, memory + 8);
    EXPECT_EQ(cuGraphMemcpyNodeGetParams(kernel, &moved), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Graph, QueuedNodesAreReferencesAndGraphsThatWaitAreNot) {
  in_context([] {
    const CUdeviceptr memory = allocated(64);
    const CUgraph graph = new_graph();
    filling(graph, memory, 1, {filling(graph, memory, 2)});
    const CUgraphExec executable = instantiated(graph);
    const CUstream stream = new_stream();
    EXPECT_EQ(simcuda_pending_refs(memory, 64), 0u);
    simcuda_hold(stream);
    ASSERT_EQ(cuGraphLaunch(executable, stream), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_pending_refs(memory, 64), 2u);
    simcuda_step(stream);
    EXPECT_EQ(simcuda_pending_refs(memory, 64), 1u);
    simcuda_release(stream);
    cuStreamSynchronize(stream);
  });
}

TEST(Graph, AnExecutableIsACopyThatCanBeChangedAndUpdated) {
  in_context([] {
    const CUdeviceptr memory = allocated(16);
    const CUgraph graph = new_graph();
    CUgraphNode node = filling(graph, memory, 1);
    const CUgraphExec executable = instantiated(graph);
    const CUstream stream = new_stream();
    CUDA_MEMSET_NODE_PARAMS other{memory, 0, 5, 4, 1, 1};
    ASSERT_EQ(cuGraphMemsetNodeSetParams(node, &other), CUDA_SUCCESS);
    run(executable, stream);
    EXPECT_EQ(words(memory, 1), Words{1});
    CUgraphExecUpdateResultInfo why{};
    ASSERT_EQ(cuGraphExecUpdate_v2(executable, graph, &why), CUDA_SUCCESS);
    run(executable, stream);
    EXPECT_EQ(words(memory, 1), Words{5});
    other.value = 6;
    CUcontext context = nullptr;
    cuCtxGetCurrent(&context);
    ASSERT_EQ(cuGraphExecMemsetNodeSetParams(executable, node, &other, context), CUDA_SUCCESS);
    run(executable, stream);
    EXPECT_EQ(words(memory, 1), Words{6});
    set_words(memory, {0});
    ASSERT_EQ(cuGraphNodeSetEnabled(executable, node, 0), CUDA_SUCCESS);
    run(executable, stream);
    EXPECT_EQ(words(memory, 1), Words{0});
    const CUDA_HOST_NODE_PARAMS host{note, nullptr};
    EXPECT_EQ(cuGraphExecHostNodeSetParams(executable, node, &host), CUDA_ERROR_INVALID_VALUE);
    CUgraph changed = new_graph();
    noting(changed, "x", {});
    EXPECT_EQ(cuGraphExecUpdate_v2(executable, changed, &why), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
    EXPECT_EQ(why.result, CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED);
    filling(changed, memory, 1);
    EXPECT_EQ(cuGraphExecUpdate_v2(executable, changed, &why), CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
    EXPECT_EQ(why.result, CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
  });
}

TEST(Graph, ACloneLivesOnAlone) {
  in_context([] {
    const CUdeviceptr memory = allocated(8);
    const CUgraph graph = new_graph();
    CUgraphNode node = filling(graph, memory, 3, {filling(graph, memory, 4)}), twin = nullptr;
    CUgraph copy = nullptr;
    ASSERT_EQ(cuGraphClone(&copy, graph), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphNodeFindInClone(&twin, node, copy), CUDA_SUCCESS);
    EXPECT_NE(twin, node);
    EXPECT_EQ(cuGraphNodeFindInClone(&node, twin, graph), CUDA_ERROR_INVALID_VALUE);
    ASSERT_EQ(cuGraphDestroy(graph), CUDA_SUCCESS);
    CUDA_MEMSET_NODE_PARAMS told{};
    EXPECT_EQ(cuGraphMemsetNodeGetParams(node, &told), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuGraphMemsetNodeGetParams(twin, &told), CUDA_SUCCESS);
    run(instantiated(copy), new_stream());
    EXPECT_EQ(words(memory, 1), Words{3});
  });
}

TEST(Graph, InACapturedStreamALaunchBecomesAChild) {
  in_context([] {
    const CUdeviceptr memory = allocated(4);
    const CUgraph graph = new_graph();
    filling(graph, memory, 3);
    const CUgraphExec inner = instantiated(graph);
    const CUstream stream = new_stream();
    CUgraph outer = nullptr;
    CUgraphNode node = nullptr;
    CUgraphNodeType type;
    size_t count = 1;
    ASSERT_EQ(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphLaunch(inner, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamEndCapture(stream, &outer), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphGetNodes(outer, &node, &count), CUDA_SUCCESS);
    ASSERT_EQ(cuGraphNodeGetType(node, &type), CUDA_SUCCESS);
    EXPECT_EQ(type, CU_GRAPH_NODE_TYPE_GRAPH);
    run(instantiated(outer), stream);
    EXPECT_EQ(words(memory, 1), Words{3});
  });
}

TEST(Graph, UserObjectsGoWithTheLastGraphThatHasThem) {
  in_context([] {
    int destroyed = 0;
    CUuserObject object = nullptr;
    const auto destroy = [](void* user) { ++*static_cast<int*>(user); };
    ASSERT_EQ(cuUserObjectCreate(&object, &destroyed, destroy, 1, CU_USER_OBJECT_NO_DESTRUCTOR_SYNC),
              CUDA_SUCCESS);
    const CUgraph graph = new_graph();
    ASSERT_EQ(cuGraphRetainUserObject(graph, object, 1, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuUserObjectRelease(object, 1), CUDA_SUCCESS);
    EXPECT_EQ(destroyed, 0);
    ASSERT_EQ(cuGraphDestroy(graph), CUDA_SUCCESS);
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(cuUserObjectRelease(object, 1), CUDA_ERROR_INVALID_VALUE);
  });
}

cuuint64_t memory_attribute(CUgraphMem_attribute which) {
  cuuint64_t value = 0;
  EXPECT_EQ(cuDeviceGetGraphMemAttribute(0, which, &value), CUDA_SUCCESS);
  return value;
}

CUgraphNode allocating(CUgraph graph, size_t bytes, CUdeviceptr* address) {
  CUDA_MEM_ALLOC_NODE_PARAMS asked{};
  asked.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  asked.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  asked.bytesize = bytes;
  CUgraphNode node = nullptr;
  EXPECT_EQ(cuGraphAddMemAllocNode(&node, graph, nullptr, 0, &asked), CUDA_SUCCESS);
  *address = asked.dptr;
  return node;
}

TEST(GraphMemory, IsThereFromItsNodeToItsFreeAndStaysReservedUntilTrimmed) {
  in_context([] {
    const CUstream stream = new_stream();
    const size_t before = simcuda_used_bytes(0);
    const CUgraph graph = new_graph();
    CUdeviceptr memory = 0;
    const CUgraphNode allocate = allocating(graph, 3 * MiB, &memory);
    CUgraphNode fill = filling(graph, memory, 7, {allocate}), free = nullptr;
    CUDA_MEM_ALLOC_NODE_PARAMS told{};
    ASSERT_EQ(cuGraphMemAllocNodeGetParams(allocate, &told), CUDA_SUCCESS);
    EXPECT_EQ(told.dptr, memory);
    ASSERT_EQ(cuGraphAddMemFreeNode(&free, graph, &fill, 1, memory), CUDA_SUCCESS);
    const CUgraphExec executable = instantiated(graph);
    EXPECT_EQ(simcuda_used_bytes(0), before);
    for (int round = 0; round < 3; ++round) run(executable, stream);
    EXPECT_EQ(memory_attribute(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT), 0u);
    EXPECT_EQ(memory_attribute(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), 4 * MiB);
    EXPECT_EQ(memory_attribute(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), 4 * MiB);
    EXPECT_EQ(simcuda_used_bytes(0), before + 4 * MiB);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_POOL), 0u);
    ASSERT_EQ(cuDeviceGraphMemTrim(0), CUDA_SUCCESS);
    EXPECT_EQ(memory_attribute(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT), 0u);
    EXPECT_EQ(simcuda_used_bytes(0), before);
    EXPECT_EQ(cuMemFree_v2(memory), CUDA_ERROR_INVALID_VALUE);
    cuuint64_t zero = 0;
    ASSERT_EQ(cuDeviceSetGraphMemAttribute(0, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, &zero), CUDA_SUCCESS);
    EXPECT_EQ(memory_attribute(CU_GRAPH_MEM_ATTR_USED_MEM_HIGH), 0u);
  });
}

TEST(GraphMemory, WhatAGraphDoesNotFreeTheProgramMust) {
  in_context([] {
    const CUstream stream = new_stream();
    const CUgraph graph = new_graph();
    CUdeviceptr memory = 0;
    const CUgraphNode allocate = allocating(graph, MiB, &memory);
    filling(graph, memory, 7, {allocate});
    const CUgraphExec executable = instantiated(graph);
    CUgraphExec second = nullptr;
    CUgraph copy = nullptr;
    EXPECT_EQ(cuGraphInstantiateWithFlags(&second, graph, 0), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(cuGraphClone(&copy, graph), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_EQ(cuGraphDestroyNode(allocate), CUDA_ERROR_NOT_SUPPORTED);
    run(executable, stream);
    EXPECT_EQ(words(memory, 1), Words{7});
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_POOL), 1u);
    EXPECT_EQ(cuGraphLaunch(executable, stream), CUDA_ERROR_INVALID_VALUE);
    ASSERT_EQ(cuMemFree_v2(memory), CUDA_SUCCESS);
    run(executable, stream);
    ASSERT_EQ(cuMemFreeAsync(memory, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamSynchronize(stream), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_POOL), 0u);
    ASSERT_EQ(cuGraphExecDestroy(executable), CUDA_SUCCESS);
    const CUgraphExec freeing = instantiated(graph, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH);
    run(freeing, stream);
    run(freeing, stream);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_POOL), 1u);
    EXPECT_EQ(simcuda_violations(), 0u);
  });
}

TEST(GraphMemory, StreamOrderedAllocationsBecomeNodesOfACapture) {
  in_context([] {
    const CUstream stream = new_stream();
    CUdeviceptr memory = 0;
    const CUdeviceptr result = allocated(4);
    CUgraph graph = nullptr;
    ASSERT_EQ(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_SUCCESS);
    ASSERT_EQ(cuMemAllocAsync(&memory, MiB, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemsetD32Async(memory, 8, 4, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemcpyDtoDAsync_v2(result, memory, 4, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuMemFreeAsync(memory, stream), CUDA_SUCCESS);
    ASSERT_EQ(cuStreamEndCapture(stream, &graph), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_POOL), 0u);
    run(instantiated(graph), stream);
    EXPECT_EQ(words(result, 1), Words{8});
    EXPECT_EQ(simcuda_live_blocks(0, SIMCUDA_POOL), 0u);
  });
}

}  // namespace
}  // namespace simcuda::test

// While a stream is captured weir asks the driver nothing about memory, and what the stream allocates is a graph's. The log of
// the driver's calls tells.
// env SIMCUDA_LOG=calls
// run:
#include "../hooks.h"

static int looks(void) {
  char line[512];
  int count = 0;
  FILE* log = fopen("calls", "r");
  MUST(log != NULL);
  while (fgets(line, sizeof(line), log) != NULL)
    count += strstr(line, "cuMemGetInfo") != NULL || strstr(line, "cuDeviceGetName") != NULL ||
             strstr(line, "cuMemPoolGetAttribute") != NULL || strstr(line, "cuDeviceTotalMem") != NULL;
  fclose(log);
  return count;
}

int main(void) {
  start(0);
  const int under_weir = strstr(getenv("LD_PRELOAD"), "libweir") != NULL;
  CUstream stream;
  CUgraph graph;
  CUgraphExec executable;
  CUdeviceptr node, plain, after;
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  OK(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  OK(cuMemAllocAsync(&node, 3 << 20, stream));
  OK(cuMemAlloc_v2(&plain, 5000));  // relaxed: allowed, and not the graph's
  MUST(looks() == 0);
  OK(cuMemFreeAsync(node, stream));
  MUST(looks() == 0);
  OK(cuStreamEndCapture(stream, &graph));
  OK(cuGraphInstantiateWithFlags(&executable, graph, 0));
  OK(cuGraphLaunch(executable, stream));
  OK(cuStreamSynchronize(stream));
  OK(cuMemAlloc_v2(&after, 7000));
  MUST((looks() > 0) == under_weir);
  expect("graph.device.live_bytes", 0);
  expect("ordered.device.allocated_bytes", 0);

  // A capture that was spoilt is over, too.
  OK(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  MUST(cuMemAlloc_v2(&plain, 1) != CUDA_SUCCESS);
  MUST(cuStreamEndCapture(stream, &graph) != CUDA_SUCCESS);
  OK(cuMemAlloc_v2(&after, 1000));
  expect("plain.device.live_bytes", 13000);

  // Nodes made by hand.
  CUDA_MEM_ALLOC_NODE_PARAMS wanted = {.bytesize = 4 << 20};
  wanted.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  wanted.poolProps.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  CUgraphNode made, freed;
  OK(cuGraphCreate(&graph, 0));
  OK(cuGraphAddMemAllocNode(&made, graph, NULL, 0, &wanted));
  expect("graph.device.allocated_bytes", 7 << 20);
  OK(cuGraphAddMemFreeNode(&freed, graph, &made, 1, wanted.dptr));
  expect("graph.device.freed_blocks", 2);
  return 0;
}

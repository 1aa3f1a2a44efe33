// Work recorded from a stream and launched twice; a graph made by hand; memory allocated inside a capture; what may not
// be called while a stream is captured.
//
// prints: nodes captured: 3
// prints: not run while captured: yes
// prints: value after two launches: 7
// prints: by hand: 21 21 21 21
// prints: memory nodes: 1 allocation, 1 free
// prints: cudaMalloc in a global capture: cudaErrorStreamCaptureUnsupported
// prints: end of that capture: cudaErrorStreamCaptureInvalidated
#include "support.cuh"

#include <vector>

__global__ void increase(int* value, int by) { *value += by; }

static void increase_model(const simcuda_launch* launch, void*) {
  int* value = reach(parameter<int*>(launch, 0), 1);
  if (value != nullptr) *value += parameter<int>(launch, 1);
}

static int value_of(int* on_device) {
  int value = -1;
  MUST(cudaMemcpy(&value, on_device, sizeof value, cudaMemcpyDeviceToHost));
  return value;
}

static void captured(cudaStream_t stream, int* value) {
  MUST(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  increase<<<1, 1, 0, stream>>>(value, 1);
  increase<<<1, 1, 0, stream>>>(value, 2);
  increase<<<1, 1, 0, stream>>>(value, 0);
  cudaGraph_t graph;
  MUST(cudaStreamEndCapture(stream, &graph));
  size_t nodes = 0;
  MUST(cudaGraphGetNodes(graph, nullptr, &nodes));
  std::printf("nodes captured: %zu\n", nodes);
  hold("not run while captured", value_of(value) == 1);
  cudaGraphExec_t exec;
  MUST(cudaGraphInstantiate(&exec, graph, 0));
  MUST(cudaGraphLaunch(exec, stream));
  MUST(cudaGraphLaunch(exec, stream));
  MUST(cudaStreamSynchronize(stream));
  std::printf("value after two launches: %d\n", value_of(value));
  MUST(cudaGraphExecDestroy(exec));
  MUST(cudaGraphDestroy(graph));
}

static void by_hand(cudaStream_t stream) {
  int* values;
  MUST(cudaMalloc(&values, 4 * sizeof(int)));
  cudaGraph_t graph;
  MUST(cudaGraphCreate(&graph, 0));
  cudaMemsetParams fill{};
  fill.dst = values;
  fill.value = 14;
  fill.elementSize = 4;
  fill.width = 4;
  fill.height = 1;
  cudaGraphNode_t filled, last, copied;
  MUST(cudaGraphAddMemsetNode(&filled, graph, nullptr, 0, &fill));
  last = filled;
  for (int i = 0; i < 4; ++i) {
    int* value = values + i;
    int by = 7;
    void* arguments[] = {&value, &by};
    cudaKernelNodeParams kernel{};
    kernel.func = reinterpret_cast<void*>(increase);
    kernel.gridDim = dim3(1);
    kernel.blockDim = dim3(1);
    kernel.kernelParams = arguments;
    cudaGraphNode_t node;
    MUST(cudaGraphAddKernelNode(&node, graph, &last, 1, &kernel));
    last = node;
  }
  int result[4] = {};
  MUST(cudaGraphAddMemcpyNode1D(&copied, graph, &last, 1, result, values, sizeof result, cudaMemcpyDeviceToHost));
  cudaGraphExec_t exec;
  MUST(cudaGraphInstantiate(&exec, graph, 0));
  MUST(cudaGraphLaunch(exec, stream));
  MUST(cudaStreamSynchronize(stream));
  std::printf("by hand: %d %d %d %d\n", result[0], result[1], result[2], result[3]);
  MUST(cudaGraphExecDestroy(exec));
  MUST(cudaGraphDestroy(graph));
  MUST(cudaFree(values));
}

static void memory_inside(cudaStream_t stream) {
  MUST(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  int* memory;
  MUST(cudaMallocAsync(&memory, 1 << 16, stream));
  MUST(cudaMemsetAsync(memory, 0, 1 << 16, stream));
  MUST(cudaFreeAsync(memory, stream));
  cudaGraph_t graph;
  MUST(cudaStreamEndCapture(stream, &graph));
  size_t count = 0;
  MUST(cudaGraphGetNodes(graph, nullptr, &count));
  std::vector<cudaGraphNode_t> nodes(count);
  MUST(cudaGraphGetNodes(graph, nodes.data(), &count));
  int allocations = 0, frees = 0;
  for (cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type;
    MUST(cudaGraphNodeGetType(node, &type));
    allocations += type == cudaGraphNodeTypeMemAlloc;
    frees += type == cudaGraphNodeTypeMemFree;
  }
  std::printf("memory nodes: %d allocation, %d free\n", allocations, frees);
  cudaGraphExec_t exec;
  MUST(cudaGraphInstantiate(&exec, graph, 0));
  MUST(cudaGraphLaunch(exec, stream));
  MUST(cudaStreamSynchronize(stream));
  MUST(cudaGraphExecDestroy(exec));
  MUST(cudaGraphDestroy(graph));
  MUST(cudaDeviceGraphMemTrim(0));
}

static void forbidden(cudaStream_t stream) {
  MUST(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  void* memory = nullptr;
  show("cudaMalloc in a global capture", cudaMalloc(&memory, 1000));
  cudaGraph_t graph = nullptr;
  show("end of that capture", cudaStreamEndCapture(stream, &graph));
  cudaGetLastError();
}

int main() {
  model("increase", increase_model);
  cudaStream_t stream;
  MUST(cudaStreamCreate(&stream));
  int* value;
  MUST(cudaMalloc(&value, sizeof(int)));
  const int one = 1;
  MUST(cudaMemcpy(value, &one, sizeof one, cudaMemcpyHostToDevice));
  captured(stream, value);
  by_hand(stream);
  memory_inside(stream);
  forbidden(stream);
  MUST(cudaFree(value));
  MUST(cudaStreamDestroy(stream));
}

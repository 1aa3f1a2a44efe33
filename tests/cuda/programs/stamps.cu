// Blocks that are freed while kernels still spin on them, from streams of every kind and two threads, with captures beside:
// each kernel stamps its block, spins, stamps again and looks; nobody ever sees a stamp but its own.
//
// prints: foreign stamps: 0
// prints: captures kept: yes
//
// expect report["spaces"]["device"]["live_bytes"] == 0
#include "support.cuh"

#include <thread>
#include <vector>

constexpr int kRounds = 150;
constexpr size_t kSizes[] = {4096, 40000, 40000, 1 << 20};

__global__ void stamp_and_look(int* block, int words, int stamp, int spins, int* foreign) {
  for (int i = threadIdx.x; i < words; i += blockDim.x) block[i] = stamp;
  for (volatile int spin = 0; spin < spins;) spin = spin + 1;
  __syncthreads();
  for (int i = threadIdx.x; i < words; i += blockDim.x)
    if (block[i] != stamp) atomicAdd(foreign, 1);
}

static void stamp_and_look_model(const simcuda_launch* launch, void*) {
  const int words = parameter<int>(launch, 1), stamp = parameter<int>(launch, 2);
  int* block = reach(parameter<int*>(launch, 0), words);
  int* foreign = reach(parameter<int*>(launch, 4), 1);
  if (!block || !foreign) return;
  for (int i = 0; i < words; ++i) block[i] = stamp;
  for (int i = 0; i < words; ++i) *foreign += block[i] != stamp;
}

/// Looks at what an earlier kernel of the same stream has left.
__global__ void look(const int* block, int words, int stamp, int* foreign) {
  for (int i = threadIdx.x; i < words; i += blockDim.x)
    if (block[i] != stamp) atomicAdd(foreign, 1);
}

static void look_model(const simcuda_launch* launch, void*) {
  const int words = parameter<int>(launch, 1), stamp = parameter<int>(launch, 2);
  const int* block = reach(parameter<const int*>(launch, 0), words);
  int* foreign = reach(parameter<int*>(launch, 3), 1);
  for (int i = 0; block && foreign && i < words; ++i) *foreign += block[i] != stamp;
}

static void use(int* block, size_t bytes, int stamp, int* foreign, cudaStream_t stream) {
  const int words = static_cast<int>(bytes / sizeof(int));
  stamp_and_look<<<1, 128, 0, stream>>>(block, words, stamp, 3000, foreign);
  MUST(cudaGetLastError());
  look<<<1, 128, 0, stream>>>(block, words, stamp, foreign);
  MUST(cudaGetLastError());
}

static void rounds(int thread, int* foreign, bool* captures_kept) {
  std::vector<cudaStream_t> streams{nullptr, cudaStreamPerThread};
  for (unsigned flags : {cudaStreamDefault, cudaStreamNonBlocking, cudaStreamNonBlocking}) {
    streams.emplace_back();
    MUST(cudaStreamCreateWithFlags(&streams.back(), flags));
  }
  cudaStream_t captured;
  MUST(cudaStreamCreateWithFlags(&captured, cudaStreamNonBlocking));
  int* in_graph;
  MUST(cudaMalloc(&in_graph, 40000));
  int stamp = thread << 24;
  for (int round = 0; round != kRounds; ++round) {
    const bool is_capturing = round % 5 == 0;
    if (is_capturing) {
      MUST(cudaStreamBeginCapture(captured, cudaStreamCaptureModeRelaxed));
      use(in_graph, 40000, ++stamp, foreign, captured);
    }
    int* blocks[4];
    for (int i = 0; i != 4; ++i) {
      MUST(cudaMalloc(&blocks[i], kSizes[i]));
      // Beside a capture, the legacy stream is not for others.
      use(blocks[i], kSizes[i], ++stamp, foreign, streams[(round + i) % 4 + 1]);
    }
    for (int* block : blocks) MUST(cudaFree(block));
    if (is_capturing) {
      cudaGraph_t graph = nullptr;
      cudaGraphExec_t ready;
      *captures_kept &= cudaStreamEndCapture(captured, &graph) == cudaSuccess;
      if (graph == nullptr) continue;
      MUST(cudaGraphInstantiate(&ready, graph, 0));
      MUST(cudaGraphLaunch(ready, captured));
      MUST(cudaGraphExecDestroy(ready));
      MUST(cudaGraphDestroy(graph));
    } else {
      int* block;
      MUST(cudaMalloc(&block, 4096));
      use(block, 4096, ++stamp, foreign, nullptr);
      MUST(cudaFree(block));
    }
  }
  // Not the whole device: the other thread may be capturing.
  for (cudaStream_t stream : streams) MUST(cudaStreamSynchronize(stream));
  MUST(cudaStreamSynchronize(captured));
  MUST(cudaFree(in_graph));
  for (size_t i = 2; i != streams.size(); ++i) MUST(cudaStreamDestroy(streams[i]));
  MUST(cudaStreamDestroy(captured));
}

int main() {
  model("stamp_and_look", stamp_and_look_model);
  model("look", look_model);
  int *foreign, found = -1;
  bool kept[2] = {true, true};
  MUST(cudaMalloc(&foreign, sizeof(int)));
  MUST(cudaMemset(foreign, 0, sizeof(int)));
  MUST(cudaDeviceSynchronize());
  std::vector<std::thread> threads;
  for (int i = 0; i != 2; ++i) threads.emplace_back(rounds, i + 1, foreign, &kept[i]);
  for (std::thread& thread : threads) thread.join();
  MUST(cudaMemcpy(&found, foreign, sizeof(int), cudaMemcpyDeviceToHost));
  MUST(cudaFree(foreign));
  std::printf("foreign stamps: %d\n", found);
  hold("captures kept", kept[0] && kept[1]);
}

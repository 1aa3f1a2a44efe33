// What a call answers when it cannot do what it was asked, and what is remembered of it.
//
// prints: nothing of nothing: cudaSuccess, null
// prints: no error at first: cudaSuccess
// prints: too much: cudaErrorMemoryAllocation
// prints: still remembered: cudaErrorMemoryAllocation
// prints: taken: cudaErrorMemoryAllocation
// prints: gone: cudaSuccess
// prints: other thread: cudaSuccess
// prints: twice freed: cudaErrorInvalidValue
// prints: no such device: cudaErrorInvalidDevice
// prints: empty launch: cudaErrorInvalidConfiguration
// prints: the wrong way: cudaErrorInvalidMemcpyDirection
// prints: after all that a block: cudaSuccess
// prints: at the end of the process: freed or refused
//
// expect [error["kind"] for error in report["errors"]] == ["double_free"]
#include "support.cuh"

#include <thread>

__global__ void nothing() {}

// Lives until after main(): a program's own static objects may call CUDA when the runtime is already on its way out.
struct Late {
  void* memory = nullptr;
  bool simulated = false;
  ~Late() {
    const cudaError_t error = cudaFree(memory);
    // What the real runtime answers depends on the order in which libraries end; the test double always refuses.
    const bool may_work = !simulated && (error == cudaSuccess || error == cudaErrorContextIsDestroyed);
    const bool fine = error == cudaErrorCudartUnloading || may_work;
    std::printf("at the end of the process: %s\n", fine ? "freed or refused" : cudaGetErrorName(error));
  }
};
static Late late;

int main() {
  void* memory = &memory;
  const cudaError_t none = cudaMalloc(&memory, 0);
  std::printf("nothing of nothing: %s, %s\n", cudaGetErrorName(none), memory == nullptr ? "null" : "NOT null");
  show("no error at first", cudaGetLastError());
  show("too much", cudaMalloc(&memory, size_t{1} << 50));
  show("still remembered", cudaPeekAtLastError());
  show("taken", cudaGetLastError());
  show("gone", cudaGetLastError());
  cudaMalloc(&memory, size_t{1} << 50);
  std::thread([] { show("other thread", cudaGetLastError()); }).join();
  cudaGetLastError();
  MUST(cudaMalloc(&memory, 1000));
  MUST(cudaFree(memory));
  show("twice freed", cudaFree(memory));
  show("no such device", cudaSetDevice(1000));
  cudaGetLastError();
  nothing<<<0, 1>>>();
  show("empty launch", cudaGetLastError());
  show("the wrong way", cudaMemcpy(&memory, &memory, 8, static_cast<cudaMemcpyKind>(17)));
  cudaGetLastError();
  late.simulated = control<decltype(simcuda_register_kernel)>("simcuda_register_kernel") != nullptr;
  show("after all that a block", cudaMalloc(&late.memory, 1000));
}

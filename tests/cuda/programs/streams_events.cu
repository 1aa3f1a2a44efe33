// Work in two streams: one waits for the other's event; host functions run in order; events tell time.
//
// prints: order: fill, seen, done
// prints: values doubled after the fill: yes
// prints: time goes forward: yes
// prints: event done: cudaSuccess
// prints: stream done: cudaSuccess
// prints: destroyed: cudaSuccess
// prints: flags: 1
//
// expect report["spaces"]["device"]["live_bytes"] == 0
#include "support.cuh"

#include <string>
#include <vector>

__global__ void twice(int* values, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] *= 2;
}

static void twice_model(const simcuda_launch* launch, void*) {
  const int count = parameter<int>(launch, 1);
  int* values = reach(parameter<int*>(launch, 0), count);
  for (int i = 0; values && i < count; ++i) values[i] *= 2;
}

static std::string order;  // one stream's host functions run one after the other

static void note(void* word) { order += (order.empty() ? "" : ", ") + std::string(static_cast<const char*>(word)); }

static void note_status(cudaStream_t, cudaError_t error, void* word) {
  note(error == cudaSuccess ? word : const_cast<char*>("failed"));
}

int main() {
  constexpr int kCount = 1000;
  model("twice", twice_model);
  cudaStream_t first, second;
  MUST(cudaStreamCreate(&first));
  MUST(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
  cudaEvent_t start, filled, end;
  MUST(cudaEventCreate(&start));
  MUST(cudaEventCreateWithFlags(&filled, cudaEventDisableTiming));
  MUST(cudaEventCreate(&end));
  int *pinned, *values;
  MUST(cudaMallocHost(&pinned, kCount * sizeof(int)));
  MUST(cudaMalloc(&values, kCount * sizeof(int)));
  for (int i = 0; i < kCount; ++i) pinned[i] = i;

  MUST(cudaEventRecord(start, first));
  MUST(cudaLaunchHostFunc(first, note, const_cast<char*>("fill")));
  MUST(cudaMemcpyAsync(values, pinned, kCount * sizeof(int), cudaMemcpyHostToDevice, first));
  MUST(cudaEventRecord(filled, first));
  MUST(cudaStreamWaitEvent(second, filled));
  MUST(cudaStreamAddCallback(second, note_status, const_cast<char*>("seen"), 0));
  twice<<<(kCount + 127) / 128, 128, 0, second>>>(values, kCount);
  MUST(cudaGetLastError());
  MUST(cudaMemcpyAsync(pinned, values, kCount * sizeof(int), cudaMemcpyDeviceToHost, second));
  MUST(cudaLaunchHostFunc(second, note, const_cast<char*>("done")));
  MUST(cudaEventRecord(end, second));
  MUST(cudaEventSynchronize(end));

  std::printf("order: %s\n", order.c_str());
  bool doubled = true;
  for (int i = 0; i < kCount; ++i) doubled &= pinned[i] == 2 * i;
  hold("values doubled after the fill", doubled);
  float milliseconds = -1.0f;
  MUST(cudaEventElapsedTime(&milliseconds, start, end));
  hold("time goes forward", milliseconds >= 0.0f);
  show("event done", cudaEventQuery(end));
  show("stream done", cudaStreamQuery(second));
  MUST(cudaEventDestroy(start));
  MUST(cudaEventDestroy(filled));
  MUST(cudaEventDestroy(end));
  unsigned flags = 0;
  MUST(cudaStreamGetFlags(second, &flags));
  MUST(cudaStreamDestroy(first));
  show("destroyed", cudaStreamDestroy(second));
  std::printf("flags: %u\n", flags);
  MUST(cudaFree(values));
  MUST(cudaFreeHost(pinned));
}

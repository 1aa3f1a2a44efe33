// Variables of the device: constant, global and managed, by symbol and by address.
//
// prints: sizes: 32 4
// prints: constant back: yes
// prints: part of the constant: 6
// prints: initial value: 11
// prints: after the kernel: 28
// prints: managed before: 100, after: 107
// prints: not a symbol: cudaErrorInvalidSymbol
#include "support.cuh"

#include <cstring>

__constant__ int weights[8];
__device__ int total = 11;
__managed__ int shared_by_all = 100;

__global__ void sum() {
  for (int weight : weights) total += weight;
  shared_by_all += weights[7];
}

// The model finds the variables where the runtime says that they are.
static int *weights_at, *total_at, *shared_at;

static void sum_model(const simcuda_launch*, void*) {
  const int* from = reach(weights_at, 8);
  int *to = reach(total_at, 1), *both = reach(shared_at, 1);
  if (!from || !to || !both) return;
  for (int i = 0; i < 8; ++i) *to += from[i];
  *both += from[7];
}

int main() {
  MUST(cudaFree(nullptr));
  size_t all = 0, one = 0;
  MUST(cudaGetSymbolSize(&all, weights));
  MUST(cudaGetSymbolSize(&one, total));
  std::printf("sizes: %zu %zu\n", all, one);

  const int in[8] = {0, 0, 1, 2, 3, 4, 0, 7};
  int out[8] = {};
  MUST(cudaMemcpyToSymbol(weights, in, sizeof in));
  MUST(cudaMemcpyFromSymbol(out, weights, sizeof out));
  hold("constant back", std::memcmp(in, out, sizeof in) == 0);
  const int six = 6, none = 0;
  int found = 0;
  MUST(cudaMemcpyToSymbol(weights, &six, sizeof six, 4 * sizeof(int)));
  MUST(cudaMemcpyFromSymbol(&found, weights, sizeof found, 4 * sizeof(int)));
  std::printf("part of the constant: %d\n", found);
  MUST(cudaMemcpyToSymbolAsync(weights, &in[4], sizeof(int), 4 * sizeof(int), cudaMemcpyHostToDevice, 0));
  MUST(cudaMemcpyFromSymbol(&found, total, sizeof found));
  std::printf("initial value: %d\n", found);

  MUST(cudaGetSymbolAddress(reinterpret_cast<void**>(&weights_at), weights));
  MUST(cudaGetSymbolAddress(reinterpret_cast<void**>(&total_at), total));
  shared_at = &shared_by_all;
  const int before = shared_by_all;
  model("sum", sum_model);
  sum<<<1, 1>>>();
  MUST(cudaDeviceSynchronize());
  MUST(cudaMemcpyFromSymbol(&found, total, sizeof found));
  std::printf("after the kernel: %d\n", found);
  std::printf("managed before: %d, after: %d\n", before, shared_by_all);
  show("not a symbol", cudaMemcpyToSymbol(&none, &six, sizeof six));
}

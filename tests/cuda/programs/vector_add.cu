// Adds two vectors on the device and looks at every sum.
//
// prints: 4096 sums right
// prints: 4097th untouched: yes
//
// expect report["spaces"]["device"]["live_bytes"] == 0
#include "support.cuh"

#include <vector>

__global__ void add(const float* a, const float* b, float* sum, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) sum[i] = a[i] + b[i];
}

static void add_model(const simcuda_launch* launch, void*) {
  const int count = parameter<int>(launch, 3);
  const float* a = reach(parameter<float*>(launch, 0), count);
  const float* b = reach(parameter<float*>(launch, 1), count);
  float* sum = reach(parameter<float*>(launch, 2), count);
  for (int i = 0; a && b && sum && i < count; ++i) sum[i] = a[i] + b[i];
}

int main() {
  constexpr int kCount = 4096;
  constexpr size_t kBytes = (kCount + 1) * sizeof(float);
  model("add", add_model);
  std::vector<float> a(kCount + 1), b(kCount + 1), sum(kCount + 1, -1.0f);
  for (int i = 0; i < kCount; ++i) a[i] = float(i), b[i] = 2.0f * float(i) + 1.0f;
  float *on_a, *on_b, *on_sum;
  MUST(cudaMalloc(&on_a, kBytes));
  MUST(cudaMalloc(&on_b, kBytes));
  MUST(cudaMalloc(&on_sum, kBytes));
  MUST(cudaMemcpy(on_a, a.data(), kBytes, cudaMemcpyHostToDevice));
  MUST(cudaMemcpy(on_b, b.data(), kBytes, cudaMemcpyHostToDevice));
  MUST(cudaMemcpy(on_sum, sum.data(), kBytes, cudaMemcpyDefault));
  add<<<(kCount + 255) / 256, 256>>>(on_a, on_b, on_sum, kCount);
  MUST(cudaGetLastError());
  MUST(cudaDeviceSynchronize());
  MUST(cudaMemcpy(sum.data(), on_sum, kBytes, cudaMemcpyDeviceToHost));
  int right = 0;
  for (int i = 0; i < kCount; ++i) right += sum[i] == 3.0f * float(i) + 1.0f;
  std::printf("%d sums right\n", right);
  hold("4097th untouched", sum[kCount] == -1.0f);
  MUST(cudaFree(on_a));
  MUST(cudaFree(on_b));
  MUST(cudaFree(on_sum));
}

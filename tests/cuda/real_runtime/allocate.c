// Allocates once through NVIDIA's runtime. On a simulated driver that ends with an error, after all its lookups.
#include <cuda_runtime_api.h>
#include <stdio.h>

int main(void) {
  void* block = NULL;
  printf("cudaMalloc %d\n", cudaMalloc(&block, 1000));
  return 0;
}

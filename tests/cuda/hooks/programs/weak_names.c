// A program that asks by weak references whether there is a driver: what is not wrapped is null as without weir, and what is
// wrapped says that nothing is initialised.
// run:
#define NOT_LINKED
#include "../hooks.h"

#pragma weak cuInit
#pragma weak cuMemAlloc_v2

int main(void) {
  CUdeviceptr block = 7;
  MUST(&cuInit == NULL);
  CUresult (*volatile allocate)(CUdeviceptr*, size_t) = cuMemAlloc_v2;
  MUST(allocate == NULL || allocate(&block, 10) == CUDA_ERROR_NOT_INITIALIZED);
  MUST(block == 7);
  expect("device.allocated_blocks", 0);
  expect("route.linked", 0);
  return 0;
}

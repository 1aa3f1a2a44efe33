// A block that is part of a slab is never given to others: the program is told so by the driver's code for such a request,
// and the user once. Larger blocks are given as ever. What the program asks of addresses is in identity_ranges.cpp.
//
// WEIR_DEVICE_POOL=slab
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// bare: no
// expect live_in("device", "main") == (0, 0)
// expect stderr.count("is refused for a block that is part of a slab") == 1
// expect sum("cuIpcGetMemHandle is refused" in line for line in coverage("warnings")) == 1
#include "device.hpp"

#include <cstring>

int main() {
  start();
  const unsigned one = 1;
  CUDA_POINTER_ATTRIBUTE_P2P_TOKENS tokens;
  CUipcMemHandle handle;
  int file = -1;
  unsigned type = 7;
  CUpointer_attribute names[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_P2P_TOKENS};
  void* data[] = {&type, &tokens};
  const CUdeviceptr neighbour = allocate(5000), block = allocate(5000), large = allocate(size_t{3} << 20);
  MUST(simcuda_live_bytes(0, SIMCUDA_DEVICE) == (size_t{5} << 20));  // one slab, and the large one
  for (const size_t offset : {size_t{0}, size_t{777}}) {
    MUST(cuIpcGetMemHandle(&handle, block + offset) == CUDA_ERROR_INVALID_VALUE);
    MUST(cuPointerSetAttribute(&one, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, block + offset) == CUDA_ERROR_INVALID_VALUE);
    MUST(cuPointerGetAttribute(&tokens, CU_POINTER_ATTRIBUTE_P2P_TOKENS, block + offset) == CUDA_ERROR_INVALID_VALUE);
    MUST(cuPointerGetAttributes(2, names, data, block + offset) == CUDA_ERROR_INVALID_VALUE);
    MUST(cuMemGetHandleForAddressRange(&file, block + offset, 4096, CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, 0) ==
         CUDA_ERROR_INVALID_VALUE);
    MUST(cuMulticastBindAddr(0, 0, block + offset, 4096, 0) == CUDA_ERROR_INVALID_VALUE);
  }
  for (const char* function : {"cuIpcGetMemHandle", "cuPointerSetAttribute", "cuPointerGetAttributes",
                               "cuMemGetHandleForAddressRange", "cuMulticastBindAddr"})
    MUST(simcuda_calls(function) == 0);
  unsigned is_synchronous = 7;
  OK(cuPointerGetAttribute(&is_synchronous, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, neighbour));
  MUST(is_synchronous == 0);
  OK(cuIpcGetMemHandle(&handle, large));
  const auto before = frees();
  OK(cuMemFree(large));
  MUST(frees() == before + 1);
  OK(cuMemFree(block));
  OK(cuMemFree(neighbour));
  return done();
}

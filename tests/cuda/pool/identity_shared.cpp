// A block that others hold by more than its address is really freed when the program frees it, and is not handed out again:
// by its first address or another. One that was only asked about is kept. What the driver refuses marks nothing.
//
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("device", "main") == (0, 0)
#include "device.hpp"

#include <cstring>
#include <unistd.h>

namespace {

constexpr size_t kBytes = 5000;

bool is_pooled() {
  const char* preload = std::getenv("LD_PRELOAD");
  return preload != nullptr && std::strstr(preload, "libweir") != nullptr;
}

/// Is a block to which this was done really freed?
template <class Do>
bool is_given_back(Do act, size_t bytes = kBytes) {
  const CUdeviceptr block = allocate(bytes);
  act(block);
  const auto before = frees();
  OK(cuMemFree(block));
  OK(cuCtxSynchronize());
  return frees() != before;
}

void shared(const char* how, bool is_really) {
  if (!is_really) std::printf("not given back: %s\n", how), std::exit(1);
}
void kept(const char* how, bool is_really) {
  if (is_really == is_pooled()) std::printf("given back: %s\n", how), std::exit(1);
}

}  // namespace

int main() {
  start();
  const unsigned one = 1;
  CUDA_POINTER_ATTRIBUTE_P2P_TOKENS tokens;
  CUipcMemHandle handle;
  for (const size_t offset : {size_t{0}, size_t{777}}) {
    shared("IPC", is_given_back([&](CUdeviceptr it) { OK(cuIpcGetMemHandle(&handle, it + offset)); }));
    shared("synchronous", is_given_back([&](CUdeviceptr it) {
             OK(cuPointerSetAttribute(&one, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, it + offset));
           }));
    shared("tokens", is_given_back([&](CUdeviceptr it) {
             OK(cuPointerGetAttribute(&tokens, CU_POINTER_ATTRIBUTE_P2P_TOKENS, it + offset));
           }));
    shared("tokens in a list", is_given_back([&](CUdeviceptr it) {
             unsigned type;
             CUpointer_attribute names[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_P2P_TOKENS};
             void* data[] = {&type, &tokens};
             OK(cuPointerGetAttributes(2, names, data, it + offset));
           }));
  }
  for (const size_t offset : {size_t{0}, size_t{4096}}) {
    shared("dma-buf", is_given_back([&](CUdeviceptr it) {
             int file = -1;
             OK(cuMemGetHandleForAddressRange(&file, it + offset, 8192, CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, 0));
             MUST(file >= 0 && close(file) == 0);
           }, size_t{3} << 20));
  }
  kept("nothing", is_given_back([](CUdeviceptr) {}));
  kept("questions", is_given_back([](CUdeviceptr it) {
         CUdeviceptr begin;
         size_t bytes;
         unsigned value;
         OK(cuMemGetAddressRange(&begin, &bytes, it));
         OK(cuPointerGetAttribute(&value, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, it));
       }));
  kept("refused", is_given_back([&](CUdeviceptr it) {
         int file = -1;
         MUST(cuMemGetHandleForAddressRange(&file, it + 1, 4096, CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, 0) != CUDA_SUCCESS);
         MUST(cuMulticastBindAddr(0, 0, it, 4096, 0) != CUDA_SUCCESS);
         MUST(cuIpcGetMemHandle(nullptr, it) != CUDA_SUCCESS);
         simcuda_fail("cuIpcGetMemHandle", 1, 1, CUDA_ERROR_UNKNOWN, 0);
         MUST(cuIpcGetMemHandle(&handle, it) == CUDA_ERROR_UNKNOWN);
         MUST(cuPointerSetAttribute(nullptr, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, it) != CUDA_SUCCESS);
       }));
  for (const size_t offset : {size_t{0}, size_t{777}}) {
    void* host = nullptr;
    OK(cuMemHostAlloc(&host, 5000, 0));
    OK(cuPointerSetAttribute(&one, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, reinterpret_cast<CUdeviceptr>(host) + offset));
    const auto before = simcuda_calls("cuMemFreeHost");
    OK(cuMemFreeHost(host));
    shared("pinned", simcuda_calls("cuMemFreeHost") != before);
  }
  const CUdeviceptr large = allocate(size_t{3} << 20);
  OK(cuMemFree(large));
  OK(cuCtxSynchronize());
  int file = -1;
  for (const size_t offset : {size_t{0}, size_t{4096}})
    std::printf("%d\n", cuMemGetHandleForAddressRange(&file, large + offset, 4096, CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, 0));
  // Of freed blocks nothing can be had.
  const CUdeviceptr freed = allocate(kBytes);
  OK(cuMemFree(freed));
  OK(cuCtxSynchronize());
  for (const size_t offset : {size_t{0}, size_t{777}}) {
    std::printf("%d %d\n", cuIpcGetMemHandle(&handle, freed + offset),
                cuPointerSetAttribute(&one, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, freed + offset));
  }
  std::printf("%d\n", cuPointerGetAttribute(&tokens, CU_POINTER_ATTRIBUTE_P2P_TOKENS, freed));
  return done();
}

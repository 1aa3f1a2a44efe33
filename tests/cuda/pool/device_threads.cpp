// Threads that allocate, free each other's blocks and submit work, in both modes.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_IDLE_MAX=256K
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_POOL=slab WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "device.hpp"

static std::mutex shelf_lock;
static std::vector<std::pair<CUdeviceptr, size_t>> shelf;

static void work(CUcontext context, unsigned seed) {
  OK(cuCtxSetCurrent(context));
  CUstream stream = make_stream();
  std::mt19937 draw{seed};
  for (int i = 0; i < 1500; ++i) {
    const size_t bytes = (draw() % 64 + 1) << (9 + draw() % 6);
    const CUdeviceptr block = allocate(bytes);
    MUST(simcuda_pending_refs(block, bytes) == 0);
    OK(cuMemsetD8Async(block, 1, bytes, stream));
    std::pair<CUdeviceptr, size_t> other{};
    {
      std::lock_guard hold{shelf_lock};
      shelf.emplace_back(block, bytes);
      if (shelf.size() > 20) {
        other = shelf[draw() % shelf.size()];
        std::erase(shelf, other);
      }
    }
    if (other.first != 0) OK(cuMemFree(other.first));
    if (i % 100 == 0) OK(cuCtxSynchronize());
  }
  OK(cuStreamDestroy(stream));
}

int main() {
  const CUcontext context = start();
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) threads.emplace_back(work, context, seed);
  for (std::thread& thread : threads) thread.join();
  for (const auto& [block, bytes] : shelf) OK(cuMemFree(block));
  MUST(allocations() < 6000);
  return done();
}

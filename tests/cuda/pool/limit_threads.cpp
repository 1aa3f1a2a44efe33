// Threads that allocate at the same time never have more than the limit between them, and none is refused what there is room
// for: with room for exactly one block a thread, nobody is ever refused.
//
// env SIMCUDA_MEMORY=512M
// run with: WEIR_DEVICE_LIMIT=8M
// run with: WEIR_DEVICE_LIMIT=8M WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_LIMIT=8M WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_LIMIT=8M WEIR_RECORD=off
// bare: no
#include "device.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace {

constexpr size_t kMiB = 1 << 20;
std::atomic<size_t> g_held{}, g_most{};
std::atomic<int> g_refused{}, g_granted{};
CUcontext g_context;

void work(size_t bytes, int rounds) {
  OK(cuCtxSetCurrent(g_context));
  for (int round = 0; round != rounds; ++round) {
    CUdeviceptr block = 0;
    const CUresult result = cuMemAlloc(&block, bytes);
    if (result == CUDA_ERROR_OUT_OF_MEMORY) {
      ++g_refused;
      continue;
    }
    OK(result);
    ++g_granted;
    const size_t held = g_held += bytes;
    size_t most = g_most;
    while (held > most && !g_most.compare_exchange_weak(most, held)) {
    }
    g_held -= bytes;
    OK(cuMemFree(block));
  }
}

void run(size_t bytes, int count, int rounds) {
  g_refused = g_granted = 0;
  g_most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i != count; ++i) threads.emplace_back(work, bytes, rounds);
  for (auto& thread : threads) thread.join();
}

}  // namespace

int main() {
  g_context = start();
  run(kMiB, 8, 300);
  MUST(g_refused == 0 && g_granted == 8 * 300);
  run(4 * kMiB, 2, 500);
  MUST(g_refused == 0 && g_granted == 2 * 500);
  run(3 * kMiB, 8, 300);
  MUST(g_most <= 8 * kMiB && g_granted >= 1);
  std::printf("%d granted, %d refused\n", g_granted.load(), g_refused.load());
  const CUdeviceptr all = allocate(8 * kMiB);
  OK(cuMemFree(all));
  return done();
}

// Threads allocate, fill, pass on and free, in contexts of two devices, while work runs on their blocks.
//
// env SIMCUDA_DEVICES=2
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
// expect not report["errors"]
#include <atomic>
#include <thread>
#include <vector>

#include "pinned.hpp"

static std::atomic<void*> g_passed[16];
static constexpr size_t kBytes[] = {100, 4096, 5000, 70000, 300000};

static void give(void* block) {
  if (block == nullptr) return;
  OK(cuMemFreeHost(block));
}

static void work(CUcontext context, unsigned seed) {
  OK(cuCtxSetCurrent(context));
  CUstream stream = make_stream();
  for (int i = 0; i < 400; ++i) {
    seed = seed * 1664525 + 1013904223;
    const size_t bytes = kBytes[seed >> 16 & 3];
    const unsigned flags = seed >> 20 & 1;
    auto* block = static_cast<unsigned char*>(allocate(bytes, flags));
    const auto mark = static_cast<unsigned char>(seed >> 24);
    std::memset(block, mark, bytes);
    for (size_t at = 0; at < bytes; at += 64) MUST(block[at] == mark);
    OK(cuMemsetD8Async(at(block), mark, bytes, stream));
    give(g_passed[seed >> 8 & 15].exchange(block));
  }
  OK(cuStreamSynchronize(stream));
  OK(cuStreamDestroy(stream));
}

int main() {
  const CUcontext first = start(0), second = make_context(1);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 6; ++i) threads.emplace_back(work, i % 2 ? first : second, i);
  for (std::thread& it : threads) it.join();
  OK(cuCtxSetCurrent(first));
  for (auto& it : g_passed) give(it.exchange(nullptr));
  std::printf("done\n");
  return done();
}

// Children of a process that uses CUDA, forked while other threads are in the pool: they are served as without weir, and end.
//
// profiles any
// sums: no
// expect process["end"] == "exit"
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "device.hpp"

static std::atomic<bool> stop;

int main() {
  const CUcontext context = start();
  const CUdeviceptr inherited = allocate(1 << 20);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([=] {
      OK(cuCtxSetCurrent(context));
      while (!stop) OK(cuMemFree(allocate(4096)));
    });
  int odd = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      CUdeviceptr block = 0;
      const CUresult made = cuMemAlloc(&block, 4096), freed = cuMemFree(inherited), waited = cuCtxSynchronize();
      _exit(made == CUDA_ERROR_NOT_INITIALIZED && freed == made && waited == made ? 0 : 1);
    }
    int status = 0;
    MUST(waitpid(child, &status, 0) == child);
    odd += status != 0;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("children that were served otherwise: %d\n", odd);
  std::printf("freed: %d\n", cuMemFree(inherited));
  return done();
}

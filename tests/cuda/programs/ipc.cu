// Two processes share a block of device memory: the parent's block, opened by a child that changes it.
//
//   lose_shared      1 block of 100000 bytes in the parent; the child closes what it opened and leaks nothing
//
// prints: child saw: 17
// prints: child closed: cudaSuccess
// prints: child ended well: yes
// prints: parent sees: 18
//
// profiles 3
// expect parent.live_in("device", "lose_shared") == (100000, 1)
// expect child.report["spaces"]["device"]["live_bytes"] == 0
#include "support.cuh"

#include <sys/wait.h>
#include <unistd.h>

// A process of its own (not a mere fork: CUDA does not outlive one), with the handle on its standard input.
static int child() {
  cudaIpcMemHandle_t handle;
  if (read(STDIN_FILENO, &handle, sizeof handle) != sizeof handle) return 1;
  int* shared;
  MUST(cudaIpcOpenMemHandle(reinterpret_cast<void**>(&shared), handle, cudaIpcMemLazyEnablePeerAccess));
  int value = 0;
  MUST(cudaMemcpy(&value, shared, sizeof value, cudaMemcpyDeviceToHost));
  std::printf("child saw: %d\n", value);
  ++value;
  MUST(cudaMemcpy(shared, &value, sizeof value, cudaMemcpyHostToDevice));
  MUST(cudaDeviceSynchronize());
  show("child closed", cudaIpcCloseMemHandle(shared));
  std::fflush(stdout);
  return 0;
}

[[gnu::noinline]] static int* lose_shared() {
  int* memory;
  MUST(cudaMalloc(&memory, 100000));
  return memory;
}

int main(int count, char** words) {
  if (count > 1) return child();
  int* memory = lose_shared();
  int value = 17;
  MUST(cudaMemcpy(memory, &value, sizeof value, cudaMemcpyHostToDevice));
  cudaIpcMemHandle_t handle;
  MUST(cudaIpcGetMemHandle(&handle, memory));
  int ends[2];
  if (pipe(ends) != 0) return 1;
  std::fflush(stdout);
  const pid_t other = fork();
  if (other == 0) {
    dup2(ends[0], STDIN_FILENO);
    close(ends[1]);
    execl("/proc/self/exe", words[0], "child", nullptr);
    _exit(1);
  }
  close(ends[0]);
  const bool sent = write(ends[1], &handle, sizeof handle) == sizeof handle;
  close(ends[1]);
  int status = 1;
  waitpid(other, &status, 0);
  hold("child ended well", sent && status == 0);
  MUST(cudaMemcpy(&value, memory, sizeof value, cudaMemcpyDeviceToHost));
  std::printf("parent sees: %d\n", value);
}

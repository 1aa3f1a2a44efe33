// The driver does not serve a forked child of a process that it has served; weir then only forwards there, and the child's
// failing frees are not reported as misuse.
// run:
#include <sys/wait.h>

#include "../hooks.h"

int main(void) {
  start(0);
  CUdeviceptr block, another;
  OK(cuMemAlloc_v2(&block, 1000));
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    MUST(cuMemFree_v2(block) != CUDA_SUCCESS);
    MUST(cuMemFree_v2(0x1234000) != CUDA_SUCCESS);
    MUST(cuMemAlloc_v2(&another, 10) != CUDA_SUCCESS);
    free(malloc(1));
    exit(0);
  }
  int status;
  MUST(waitpid(child, &status, 0) == child && status == 0);
  OK(cuMemFree_v2(block));
  expect("device.freed_blocks", 1);
  printf("child error.invalid.device 0\nchild error.double.device 0\nchild route.linked 0\n");
  return 0;
}

// Memory of another process is recorded as imported, once however often it is opened, and charged to no space of this one.
// run:
#include <sys/wait.h>

#include "../hooks.h"

static int to_importer[2], to_exporter[2];

static void export_memory(void) {
  CUdeviceptr block;
  CUipcMemHandle handle;
  char done;
  start(0);
  OK(cuMemAlloc_v2(&block, 2 << 20));
  OK(cuIpcGetMemHandle(&handle, block));
  MUST(write(to_importer[1], &handle, sizeof(handle)) == sizeof(handle));
  MUST(read(to_exporter[0], &done, 1) == 1);
  printf("child plain.device.live_bytes %d\n", 2 << 20);
  printf("child imported.live_bytes 0\n");
}

int main(void) {
  MUST(pipe(to_importer) == 0 && pipe(to_exporter) == 0);
  const pid_t child = fork();
  if (child == 0) {
    export_memory();
    exit(0);
  }
  CUipcMemHandle handle;
  CUdeviceptr once, twice;
  MUST(read(to_importer[0], &handle, sizeof(handle)) == sizeof(handle));
  start(0);
  OK(cuIpcOpenMemHandle_v2(&once, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
  expect("imported.imported.allocated_bytes", 2 << 20);
  expect("imported.imported.allocated_blocks", 1);
  if (cuIpcOpenMemHandle_v2(&twice, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS) == CUDA_SUCCESS) {
    MUST(twice == once);
    OK(cuIpcCloseMemHandle(twice));
  }
  OK(cuIpcCloseMemHandle(once));
  MUST(cuIpcCloseMemHandle(once) != CUDA_SUCCESS);
  expect("imported.live_bytes", 0);
  expect("error.double.imported", 1);
  expect("device.allocated_bytes", 0);
  int status;
  MUST(write(to_exporter[1], "", 1) == 1 && waitpid(child, &status, 0) == child && status == 0);
  return 0;
}

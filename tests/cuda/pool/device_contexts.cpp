// Every context has blocks of its own; they go with it, and a context that comes back begins anew.
//
// env SIMCUDA_DEVICES=2
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect report["errors"] == []
#include "device.hpp"

static CUcontext make_context(int device) {
  CUcontext context;
  OK(cuCtxCreate(&context, nullptr, 0, device));
  return context;
}

static CUdeviceptr leave_idle(size_t bytes) {
  const CUdeviceptr block = allocate(bytes);
  OK(cuMemFree(block));
  OK(cuCtxSynchronize());
  return block;
}

int main() {
  const CUcontext primary = start(0);
  const CUcontext second = make_context(0), other = make_context(1);
  // A block that one context has freed serves no other.
  OK(cuCtxSetCurrent(primary));
  const CUdeviceptr of_primary = leave_idle(1 << 20);
  OK(cuCtxSetCurrent(second));
  const CUdeviceptr of_second = allocate(1 << 20);
  OK(cuCtxSetCurrent(other));
  const CUdeviceptr of_other = allocate(1 << 20);
  MUST(of_second != of_primary && of_other != of_primary && blocks(0) == 2 && blocks(1) == 1);
  CUcontext owner;
  OK(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, of_second));
  MUST(owner == second);
  OK(cuMemFree(of_other));

  // The end of a context takes its blocks along, freed or not; the handle may come back.
  OK(cuCtxSetCurrent(second));
  leave_idle(3000);
  OK(cuCtxDestroy(second));
  MUST(blocks(0) == 1);
  const CUcontext third = make_context(0);
  OK(cuCtxSetCurrent(third));
  const unsigned long long before = allocations();
  const CUdeviceptr fresh = allocate(1 << 20);  // large enough to be asked about at once: others live beside it
  MUST(allocations() == before + 1 && blocks(0) == 2);
  OK(cuMemFree(fresh));
  OK(cuCtxSynchronize());
  MUST(allocate(1 << 20) == fresh);
  OK(cuMemFree(fresh));
  OK(cuCtxDestroy(third));

  // An end that the driver refuses changes nothing.
  OK(cuCtxSetCurrent(primary));
  simcuda_fail("cuDevicePrimaryCtxReset", 1, 1, CUDA_ERROR_UNKNOWN, 0);
  MUST(cuDevicePrimaryCtxReset(0) == CUDA_ERROR_UNKNOWN);
  MUST(allocate(1 << 20) == of_primary);
  OK(cuMemFree(of_primary));
  OK(cuCtxSynchronize());

  // A release that is not the last changes nothing; a reset does.
  CUcontext again;
  OK(cuDevicePrimaryCtxRetain(&again, 0));
  OK(cuDevicePrimaryCtxRelease(0));
  MUST(allocate(1 << 20) == of_primary);
  OK(cuMemFree(of_primary));
  OK(cuDevicePrimaryCtxReset(0));
  MUST(blocks(0) == 0);
  OK(cuDevicePrimaryCtxRetain(&again, 0));
  MUST(again == primary);
  OK(cuCtxSetCurrent(again));
  for (int life = 0; life < 3; ++life) {
    const unsigned long long calls = allocations();
    const CUdeviceptr block = allocate(1 << 20);
    MUST(allocations() == calls + 1);
    OK(cuMemFree(block));
    OK(cuCtxSynchronize());
    MUST(allocate(1 << 20) == block && allocations() == calls + 1);
    OK(cuMemFree(block));
    OK(cuDevicePrimaryCtxReset(0));
    OK(cuDevicePrimaryCtxRetain(&again, 0));
    OK(cuCtxSetCurrent(again));
  }
  // The last release.
  leave_idle(4096);
  while (true) {
    unsigned flags;
    int is_active;
    OK(cuDevicePrimaryCtxGetState(0, &flags, &is_active));
    if (!is_active) break;
    OK(cuDevicePrimaryCtxRelease(0));
  }
  MUST(blocks(0) == 0);
  OK(cuCtxSetCurrent(other));
  OK(cuCtxDestroy(other));
  return done();
}

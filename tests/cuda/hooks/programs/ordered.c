// Stream-ordered memory, from the device's pool and from pools of the program, with either kind of stream; and frees by the
// other kind's function, which are legal.
// env SIMCUDA_DEVICES=2
// run:
#include "../hooks.h"

int main(void) {
  CUcontext context = start(0);
  CUdeviceptr a, b, c, d, plain;
  OK(cuMemAllocAsync(&a, 1 << 20, NULL));
  OK(cuMemAllocAsync_ptsz(&b, 2 << 20, NULL));
  OK(cuMemFreeAsync(a, NULL));
  expect("route.linked", 0 + 12);

  CUmemoryPool pool;
  const CUmemPoolProps wanted = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
                                 .handleTypes = CU_MEM_HANDLE_TYPE_NONE,
                                 .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 1}};
  OK(cuMemPoolCreate(&pool, &wanted));
  OK(cuMemAllocFromPoolAsync(&c, 4 << 20, pool, NULL));
  OK(cuMemAllocFromPoolAsync_ptsz(&d, 8 << 20, pool, NULL));
  expect("ordered.device.live_bytes", (2 + 4) << 20);
  expect("device0.device.live_bytes", (2 << 20) + 0);
  expect("device1.device.live_bytes", 4 << 20);

  OK(cuMemFree_v2(d));
  OK(cuMemAlloc_v2(&plain, 5000));
  OK(cuMemFreeAsync_ptsz(plain, NULL));
  expect("plain.device.live_bytes", 0);
  expect("plain.device.freed_blocks", 2);
  expect("ordered.device.freed_blocks", 2);

  // Such memory outlives its context.
  OK(cuMemAlloc_v2(&plain, 6000));
  OK(cuDevicePrimaryCtxReset_v2(0));
  (void)context;
  expect("released.reset", 1);
  return 0;
}

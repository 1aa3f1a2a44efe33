// Page-locked memory that the pool keeps is given back for what it does not serve, once; without a block to give, the driver is
// called once.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect report["fragmentation"]["pinned"]["pool"]["rescued_others"] == 1
#include "pinned.hpp"

int main() {
  start();
  static char memory[1 << 16];
  OK(cuMemFreeHost(allocate(8 << 20)));
  OK(cuCtxSynchronize());
  MUST(blocks() == 1);
  simcuda_fail("cuMemHostRegister_v2", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  OK(cuMemHostRegister(memory, sizeof memory, 0));
  MUST(blocks() == 0);
  OK(cuMemHostUnregister(memory));
  const auto calls = simcuda_calls("cuMemHostRegister_v2");
  simcuda_forget_orders();
  simcuda_fail("cuMemHostRegister_v2", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  MUST(cuMemHostRegister(memory, sizeof memory, 0) == CUDA_ERROR_OUT_OF_MEMORY);
  MUST(simcuda_calls("cuMemHostRegister_v2") == calls + 1);
  return done();
}

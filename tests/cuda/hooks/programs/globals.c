// A variable of a module is recorded once, however often it is looked up, and goes with its module.
// run:
#include "../hooks.h"

static const char kText[] =
    ".version 7.0\n.target sm_70\n.address_size 64\n"
    ".visible .global .align 4 .b8 table[4096];\n"
    ".visible .global .align 4 .u32 flag;\n"
    ".visible .entry nothing() { ret; }\n";

int main(void) {
  start(0);
  CUmodule module, kept;
  CUdeviceptr at, again;
  size_t bytes;
  OK(cuModuleLoadData(&module, kText));
  OK(cuModuleGetGlobal_v2(&at, &bytes, module, "table"));
  MUST(bytes == 4096);
  OK(cuModuleGetGlobal_v2(&again, NULL, module, "table"));
  MUST(again == at);
  OK(cuModuleGetGlobal_v2(NULL, &bytes, module, "flag"));  // its address is not asked for: it is not recorded
  MUST(cuModuleGetGlobal_v2(&at, &bytes, module, "none") != CUDA_SUCCESS);
  OK(cuModuleLoadData(&kept, kText));
  OK(cuModuleGetGlobal_v2(&at, NULL, kept, "flag"));  // and its size is not: weir asks for it
  OK(cuModuleUnload(module));
  expect("global.device.allocated_bytes", 4100);
  expect("global.device.live_bytes", 4);
  expect("released.module", 1);
  return 0;
}

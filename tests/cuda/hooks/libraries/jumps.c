// A cuMemAlloc that may never return.
#include "../hooks.h"

void (*jumps_on_call)(void);

CUresult cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  static CUresult (*next)(CUdeviceptr*, size_t);
  if (next == NULL) next = (CUresult (*)(CUdeviceptr*, size_t))dlsym(RTLD_NEXT, "cuMemAlloc_v2");
  if (jumps_on_call != NULL) jumps_on_call();
  return next(out, bytes);
}

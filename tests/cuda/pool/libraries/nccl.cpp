// Allocates, under the name of a library whose memory weir leaves alone.
#include <cuda.h>

extern "C" CUresult borrow(CUdeviceptr* out, size_t bytes) {
  const CUresult result = cuMemAlloc(out, bytes);
  asm volatile("");  // not a tail call: the library is to be the caller
  return result;
}

"""The same through Python's ctypes: no compiler has seen these calls."""
import ctypes

cuda = ctypes.CDLL("libcuda.so.1")


def must(result):
    assert result == 0, result


must(cuda.cuInit(0))
context, device = ctypes.c_void_p(), ctypes.c_int()
must(cuda.cuDeviceGet(ctypes.byref(device), 0))
must(cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), device))
must(cuda.cuCtxSetCurrent(context))
for function, count in ((cuda.cuMemAlloc_v2, 2), (cuda.cuMemAllocHost_v2, 3)):
    for _ in range(count):
        block = ctypes.c_uint64()
        must(function(ctypes.byref(block), ctypes.c_size_t(123456)))
block = ctypes.c_uint64()
must(cuda.cuMemAllocManaged(ctypes.byref(block), ctypes.c_size_t(50000), 1))
must(cuda.cuMemFree_v2(block))
print("python done")

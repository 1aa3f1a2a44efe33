"""Every kind of memory through Python's ctypes: no compiler has seen these calls. As kinds.c: 2 blocks of each kind are
lost, 3 of twice the size are freed."""
import ctypes
from ctypes import byref, c_int, c_size_t, c_uint, c_uint64, c_void_p

cuda = ctypes.CDLL("libcuda.so.1")
LOST, USED, GRANULARITY = 2, 3, 2 << 20


class Location(ctypes.Structure):
    _fields_ = [("type", c_int), ("id", c_int)]


class Allocation(ctypes.Structure):  # CUmemAllocationProp
    _fields_ = [("type", c_int), ("handles", c_int), ("location", Location), ("win32", c_void_p), ("flags", ctypes.c_ubyte * 8)]


class Array(ctypes.Structure):  # CUDA_ARRAY_DESCRIPTOR
    _fields_ = [("width", c_size_t), ("height", c_size_t), ("format", c_int), ("channels", c_uint)]


class Array3D(ctypes.Structure):  # CUDA_ARRAY3D_DESCRIPTOR
    _fields_ = [("width", c_size_t), ("height", c_size_t), ("depth", c_size_t), ("format", c_int), ("channels", c_uint),
                ("flags", c_uint)]


UINT8, FLOAT, PINNED, DEVICE = 0x01, 0x20, 1, 1  # CUarray_format, CUmemAllocationType, CUmemLocationType


def call(name, *arguments):
    result = getattr(cuda, name)(*arguments)
    assert result == 0, (name, result)


def made(name, *arguments):
    """What a function puts behind its first pointer."""
    out = c_uint64()
    call(name, byref(out), *arguments)
    return out


def plain(factor): return made("cuMemAlloc_v2", c_size_t(100000 * factor))
def pitch(factor): return made("cuMemAllocPitch_v2", byref(c_size_t()), c_size_t(1000 * factor), c_size_t(30), c_uint(4))
def host(factor): return made("cuMemAllocHost_v2", c_size_t(30000 * factor))
def host_flags(factor): return made("cuMemHostAlloc", c_size_t(40000 * factor), c_uint(3))
def managed(factor): return made("cuMemAllocManaged", c_size_t(70000 * factor), c_uint(1))
def ordered(factor): return made("cuMemAllocAsync", c_size_t(80000 * factor), None)
def from_pool(factor): return made("cuMemAllocFromPoolAsync", c_size_t(90000 * factor), pool, None)
def array(factor): return made("cuArrayCreate_v2", byref(Array(64 * factor, 32, FLOAT, 2)))
def array_3d(factor): return made("cuArray3DCreate_v2", byref(Array3D(16 * factor, 16, 4, UINT8, 4, 0)))
def mipmap(factor): return made("cuMipmappedArrayCreate", byref(Array3D(64 * factor, 64, 0, FLOAT, 1, 0)), c_uint(1))


def registered(factor):
    memory = ctypes.create_string_buffer(8192 * factor + 4096)
    kept.append(memory)
    address = c_uint64((ctypes.addressof(memory) + 4095) & ~4095)
    call("cuMemHostRegister_v2", address, c_size_t(8192 * factor), c_uint(0))
    return address


def physical(factor):
    size = c_size_t(GRANULARITY * factor)
    handle = made("cuMemCreate", size, byref(Allocation(PINNED, 0, Location(DEVICE, 0), None)), c_uint64(0))
    address = made("cuMemAddressReserve", size, c_size_t(0), c_uint64(0), c_uint64(0))
    call("cuMemMap", address, size, c_size_t(0), handle, c_uint64(0))
    call("cuMemRelease", handle)
    sizes[address.value] = size
    return address


def drop_physical(address): call("cuMemUnmap", address, sizes[address.value])
def dropping(*names):
    def drop(block):
        for name in names:
            call(name, *((block, None) if name == "cuMemFreeAsync" else (None,) if name == "cuStreamSynchronize" else (block,)))
    return drop


FREE, FREE_ASYNC = dropping("cuMemFree_v2"), dropping("cuMemFreeAsync")
KINDS = [(plain, FREE), (pitch, FREE), (host, dropping("cuMemFreeHost")), (host_flags, dropping("cuMemFreeHost")),
         (registered, dropping("cuMemHostUnregister")), (managed, FREE), (ordered, FREE_ASYNC),
         (from_pool, dropping("cuStreamSynchronize", "cuMemFree_v2")), (plain, FREE_ASYNC), (array, dropping("cuArrayDestroy")),
         (array_3d, dropping("cuArrayDestroy")), (mipmap, dropping("cuMipmappedArrayDestroy")), (physical, drop_physical)]

kept, sizes = [], {}
context, device, pool = c_void_p(), c_int(), c_void_p()
call("cuInit", 0)
call("cuDeviceGet", byref(device), 0)
call("cuDevicePrimaryCtxRetain", byref(context), device)
call("cuCtxSetCurrent", context)
call("cuDeviceGetDefaultMemPool", byref(pool), device)
for make, drop in KINDS:
    for _ in range(LOST):
        make(1)
    for _ in range(USED):
        drop(make(2))
call("cuStreamSynchronize", None)
print("python done")

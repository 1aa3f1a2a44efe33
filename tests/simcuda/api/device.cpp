// Devices: how many, what they are called, what they can.
#include <cuda.h>

#include <cstdio>
#include <cstring>

#include "base/entry.hpp"
#include "device/device.hpp"

namespace simcuda {
namespace {

// body(Device&) for a device number that exists.
template <class Body>
CUresult for_device(const char* name, CUdevice number, Body&& body) {
  return initialised(name, [&]() -> CUresult {
    Device* device = device_of(number);
    return device == nullptr ? CUDA_ERROR_INVALID_DEVICE : body(*device);
  });
}

constexpr int kPciText = 13;  // "0000:01:00.0" with its zero

int bus_of(const Device& device) { return device.ordinal + 1; }

// Differs between devices, is the same in every process: ranks recognise a device by it.
void write_uuid(const Device& device, CUuuid& uuid) {
  std::memcpy(uuid.bytes, "simcuda device \0", sizeof uuid.bytes);
  uuid.bytes[15] = static_cast<char>(device.ordinal);
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuDeviceGetCount(int* count) {
  return initialised(__func__, [&] {
    if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *count = static_cast<int>(devices().size());
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGet(CUdevice* number, int ordinal) {
  return for_device(__func__, ordinal, [&](Device&) {
    if (number == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *number = ordinal;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetName(char* name, int length, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (name == nullptr || length <= 0) return CUDA_ERROR_INVALID_VALUE;
    std::snprintf(name, static_cast<size_t>(length), "simcuda device %d (simulated)", device.ordinal);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetUuid(CUuuid* uuid, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (uuid == nullptr) return CUDA_ERROR_INVALID_VALUE;
    write_uuid(device, *uuid);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (uuid == nullptr) return CUDA_ERROR_INVALID_VALUE;
    write_uuid(device, *uuid);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceTotalMem_v2(size_t* bytes, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *bytes = device.memory;
    return CUDA_SUCCESS;
  });
}

// 32 bits: what does not fit is cut to the largest number.
extern "C" CUresult CUDAAPI cuDeviceTotalMem(unsigned int* bytes, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *bytes = device.memory > ~0u ? ~0u : static_cast<unsigned>(device.memory);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return device_attribute(device, attribute, *value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}

extern "C" CUresult CUDAAPI cuDeviceComputeCapability(int* major, int* minor, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (major == nullptr || minor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    device_attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, *major);
    device_attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, *minor);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetProperties(CUdevprop* properties, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const auto ask = [&](CUdevice_attribute attribute) {
      int value = 0;
      device_attribute(device, attribute, value);
      return value;
    };
    *properties = {};
    properties->maxThreadsPerBlock = ask(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    for (int i = 0; i < 3; ++i) {
      properties->maxThreadsDim[i] =
          ask(static_cast<CUdevice_attribute>(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X + i));
      properties->maxGridSize[i] =
          ask(static_cast<CUdevice_attribute>(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X + i));
    }
    properties->sharedMemPerBlock = ask(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
    properties->totalConstantMemory = ask(CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY);
    properties->SIMDWidth = ask(CU_DEVICE_ATTRIBUTE_WARP_SIZE);
    properties->memPitch = ask(CU_DEVICE_ATTRIBUTE_MAX_PITCH);
    properties->regsPerBlock = ask(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
    properties->clockRate = ask(CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
    properties->textureAlign = ask(CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetPCIBusId(char* text, int length, CUdevice number) {
  return for_device(__func__, number, [&](Device& device) {
    if (text == nullptr || length < kPciText) return CUDA_ERROR_INVALID_VALUE;
    std::snprintf(text, static_cast<size_t>(length), "0000:%02X:00.0", bus_of(device));
    return CUDA_SUCCESS;
  });
}

// "domain:bus:device.function", "domain:bus:device" or "bus:device.function".
extern "C" CUresult CUDAAPI cuDeviceGetByPCIBusId(CUdevice* number, const char* text) {
  return initialised(__func__, [&] {
    if (number == nullptr || text == nullptr) return CUDA_ERROR_INVALID_VALUE;
    unsigned domain = 0, bus = 0, device = 0, function = 0;
    if (std::sscanf(text, "%x:%x:%x.%x", &domain, &bus, &device, &function) < 3) {
      domain = 0;
      if (std::sscanf(text, "%x:%x.%x", &bus, &device, &function) != 3) return CUDA_ERROR_INVALID_VALUE;
    }
    for (const Device& one : devices()) {
      if (domain != 0 || device != 0 || function != 0 || static_cast<int>(bus) != bus_of(one)) continue;
      *number = one.ordinal;
      return CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_DEVICE;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetTexture1DLinearMaxWidth(size_t* elements, CUarray_format,
                                                               unsigned channels, CUdevice number) {
  return for_device(__func__, number, [&](Device&) {
    if (elements == nullptr || channels == 0) return CUDA_ERROR_INVALID_VALUE;
    *elements = size_t{1} << 28;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetExecAffinitySupport(int* supported, CUexecAffinityType type,
                                                           CUdevice number) {
  return for_device(__func__, number, [&](Device&) {
    if (supported == nullptr || type >= CU_EXEC_AFFINITY_TYPE_MAX) return CUDA_ERROR_INVALID_VALUE;
    *supported = 0;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuFlushGPUDirectRDMAWrites(CUflushGPUDirectRDMAWritesTarget,
                                                       CUflushGPUDirectRDMAWritesScope) {
  return in_context(__func__, [](Context&) { return CUDA_ERROR_NOT_SUPPORTED; });
}

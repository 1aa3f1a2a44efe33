// The simulated devices: how many, how large, who can reach whom. Fixed at the first question.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <vector>

namespace simcuda {

class Context;

struct Device {
  int ordinal = 0;
  size_t memory = 0;           // total bytes: SIMCUDA_MEMORY
  size_t used = 0;             // physical bytes taken, contexts included; under the lock
  Context* primary = nullptr;  // one per device for ever: its handle never changes
};

// SIMCUDA_DEVICES of them.
std::vector<Device>& devices();
// Null for a number that names no device.
Device* device_of(CUdevice number);

// Whether kernels of one device can be allowed to reach the memory of the other: SIMCUDA_PEERS, default all.
bool can_access_peer(int from, int to);

// Takes and returns physical memory; false when the device has not that much left. Under the lock.
bool take_physical(Device& device, size_t bytes);
void return_physical(Device& device, size_t bytes);

// CUdevice_attribute as a mid-range card of compute capability 9.0 would answer; false: no such attribute.
bool device_attribute(const Device& device, CUdevice_attribute attribute, int& value);

}  // namespace simcuda

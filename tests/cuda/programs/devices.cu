// Every device there is: its own memory, copies between devices, the device of a thread.
//
//   lose_on          1 block of 20000 bytes on each device
//
// env: SIMCUDA_DEVICES=2
// prints: at least one device: yes
// prints: properties agree with attributes: yes
// prints: a thread begins with device 0: yes
// prints: blocks lie on their devices: yes
// prints: copied from device to device: yes
//
// expect live_in("device", "lose_on") == (40000, 2)
// expect {site["device"] for site in report["sites"] if site["space"] == "device" and site["live_bytes"] == 20000} == {0, 1}
#include "support.cuh"

#include <thread>
#include <vector>

[[gnu::noinline]] static void lose_on(int device) {
  void* memory;
  MUST(cudaSetDevice(device));
  MUST(cudaMalloc(&memory, 20000));
}

int main() {
  int count = 0;
  MUST(cudaGetDeviceCount(&count));
  hold("at least one device", count >= 1);
  bool agree = true, lie = true;
  std::vector<int*> blocks(count);
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    int processors = 0;
    MUST(cudaGetDeviceProperties(&properties, device));
    MUST(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device));
    agree &= properties.multiProcessorCount == processors && properties.totalGlobalMem > 0 && properties.name[0] != 0;
    lose_on(device);
    MUST(cudaMalloc(&blocks[device], 1000));
    cudaPointerAttributes attributes{};
    MUST(cudaPointerGetAttributes(&attributes, blocks[device]));
    lie &= attributes.device == device && attributes.type == cudaMemoryTypeDevice;
  }
  hold("properties agree with attributes", agree);
  int begins = -1;
  std::thread([&] { MUST(cudaGetDevice(&begins)); }).join();
  hold("a thread begins with device 0", begins == 0);
  hold("blocks lie on their devices", lie);
  const int in = 99;
  int out = 0;
  MUST(cudaMemcpy(blocks[0], &in, sizeof in, cudaMemcpyHostToDevice));
  MUST(cudaMemcpyPeer(blocks[count - 1], count - 1, blocks[0], 0, sizeof in));
  MUST(cudaMemcpy(&out, blocks[count - 1], sizeof out, cudaMemcpyDeviceToHost));
  hold("copied from device to device", out == 99);
  for (int* block : blocks) MUST(cudaFree(block));
}

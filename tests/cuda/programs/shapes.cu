// Memory with a pitch, boxes, arrays and mipmapped arrays: what is copied in comes out again, also by parts.
//
// prints: rows back: yes
// prints: filled rows: yes
// prints: box back: yes
// prints: array back: yes
// prints: part of the array: yes
// prints: array 7 x 5, 32 bits, kind 2
// prints: box array back: yes
// prints: level 1 of the mipmap: 4 x 4
// prints: everything freed: cudaSuccess
//
// expect report["spaces"]["device"]["live_bytes"] == 0
#include "support.cuh"

#include <cstring>
#include <vector>

static std::vector<float> counted(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = 0.5f * float(i);
  return values;
}

static void rows() {
  constexpr size_t kWidth = 37, kHeight = 11, kBytes = kWidth * sizeof(float);
  const std::vector<float> in = counted(kWidth * kHeight);
  std::vector<float> out(kWidth * kHeight);
  float* memory;
  size_t pitch;
  MUST(cudaMallocPitch(&memory, &pitch, kBytes, kHeight));
  MUST(cudaMemcpy2D(memory, pitch, in.data(), kBytes, kBytes, kHeight, cudaMemcpyHostToDevice));
  MUST(cudaMemcpy2D(out.data(), kBytes, memory, pitch, kBytes, kHeight, cudaMemcpyDeviceToHost));
  hold("rows back", in == out);
  MUST(cudaMemset2D(memory, pitch, 0, kBytes, kHeight));
  MUST(cudaMemcpy2D(out.data(), kBytes, memory, pitch, kBytes, kHeight, cudaMemcpyDefault));
  hold("filled rows", out == std::vector<float>(kWidth * kHeight, 0.0f));
  MUST(cudaFree(memory));
}

static void box() {
  constexpr size_t kWidth = 9, kHeight = 6, kDepth = 4;
  std::vector<float> in = counted(kWidth * kHeight * kDepth), out(in.size());
  cudaPitchedPtr memory;
  MUST(cudaMalloc3D(&memory, make_cudaExtent(kWidth * sizeof(float), kHeight, kDepth)));
  MUST(cudaMemset3D(memory, 0, make_cudaExtent(kWidth * sizeof(float), kHeight, kDepth)));
  cudaMemcpy3DParms copy{};
  copy.srcPtr = make_cudaPitchedPtr(in.data(), kWidth * sizeof(float), kWidth, kHeight);
  copy.dstPtr = memory;
  copy.extent = make_cudaExtent(kWidth * sizeof(float), kHeight, kDepth);
  copy.kind = cudaMemcpyHostToDevice;
  MUST(cudaMemcpy3D(&copy));
  copy.srcPtr = memory;
  copy.dstPtr = make_cudaPitchedPtr(out.data(), kWidth * sizeof(float), kWidth, kHeight);
  copy.kind = cudaMemcpyDeviceToHost;
  MUST(cudaMemcpy3D(&copy));
  hold("box back", in == out);
  MUST(cudaFree(memory.ptr));
}

static void array() {
  constexpr size_t kWidth = 7, kHeight = 5, kBytes = kWidth * sizeof(float);
  const std::vector<float> in = counted(kWidth * kHeight);
  std::vector<float> out(in.size());
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaArray_t array;
  MUST(cudaMallocArray(&array, &format, kWidth, kHeight));
  MUST(cudaMemcpy2DToArray(array, 0, 0, in.data(), kBytes, kBytes, kHeight, cudaMemcpyHostToDevice));
  MUST(cudaMemcpy2DFromArray(out.data(), kBytes, array, 0, 0, kBytes, kHeight, cudaMemcpyDeviceToHost));
  hold("array back", in == out);
  float part[2] = {};
  MUST(cudaMemcpy2DFromArray(part, sizeof part, array, 3 * sizeof(float), 2, sizeof part, 1, cudaMemcpyDeviceToHost));
  hold("part of the array", part[0] == in[2 * kWidth + 3] && part[1] == in[2 * kWidth + 4]);
  cudaChannelFormatDesc found;
  cudaExtent extent;
  unsigned flags;
  MUST(cudaArrayGetInfo(&found, &extent, &flags, array));
  std::printf("array %zu x %zu, %d bits, kind %d\n", extent.width, extent.height, found.x, int(found.f));
  MUST(cudaFreeArray(array));
}

static void box_array() {
  constexpr size_t kWidth = 4, kHeight = 3, kDepth = 2;
  std::vector<float> in = counted(kWidth * kHeight * kDepth), out(in.size());
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaArray_t array;
  MUST(cudaMalloc3DArray(&array, &format, make_cudaExtent(kWidth, kHeight, kDepth)));
  cudaMemcpy3DParms copy{};
  copy.srcPtr = make_cudaPitchedPtr(in.data(), kWidth * sizeof(float), kWidth, kHeight);
  copy.dstArray = array;
  copy.extent = make_cudaExtent(kWidth, kHeight, kDepth);  // elements, because an array takes part
  copy.kind = cudaMemcpyHostToDevice;
  MUST(cudaMemcpy3D(&copy));
  cudaMemcpy3DParms back{};
  back.srcArray = array;
  back.dstPtr = make_cudaPitchedPtr(out.data(), kWidth * sizeof(float), kWidth, kHeight);
  back.extent = copy.extent;
  back.kind = cudaMemcpyDeviceToHost;
  MUST(cudaMemcpy3D(&back));
  hold("box array back", in == out);
  MUST(cudaFreeArray(array));
}

static void mipmap() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaMipmappedArray_t mipmap;
  MUST(cudaMallocMipmappedArray(&mipmap, &format, make_cudaExtent(8, 8, 0), 3));
  cudaArray_t level;
  MUST(cudaGetMipmappedArrayLevel(&level, mipmap, 1));
  cudaExtent extent;
  MUST(cudaArrayGetInfo(nullptr, &extent, nullptr, level));
  std::printf("level 1 of the mipmap: %zu x %zu\n", extent.width, extent.height);
  show("everything freed", cudaFreeMipmappedArray(mipmap));
}

int main() {
  rows();
  box();
  array();
  box_array();
  mipmap();
}

// Formats of array elements: the runtime counts bits per component, the driver names a format and counts components.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

namespace simcudart {

struct Channel {
  CUarray_format format;
  unsigned components;
};

/// components == 0: there is no such format.
Channel channel_of(const cudaChannelFormatDesc& desc);
cudaChannelFormatDesc description_of(Channel channel);
unsigned element_bytes(Channel channel);

}  // namespace simcudart

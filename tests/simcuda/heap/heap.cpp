#include "heap/heap.hpp"

#include "device/context.hpp"
#include "device/device.hpp"
#include "heap/advice.hpp"
#include "heap/blocks.hpp"
#include "heap/chunk.hpp"
#include "heap/guard.hpp"
#include "heap/quarantine.hpp"
#include "heap/window.hpp"

namespace simcuda {

CUresult allocate_device(Context& context, size_t bytes, bool low, Block& block) {
  if (bytes > context.on().memory) return CUDA_ERROR_OUT_OF_MEMORY;
  auto place = take_place(context, bytes + redzone_bytes(), low);
  if (!place && empty_quarantine()) place = take_place(context, bytes + redzone_bytes(), low);
  if (!place) return CUDA_ERROR_OUT_OF_MEMORY;
  block.base = place->address;
  block.bytes = bytes;
  block.kind = Kind::device;
  block.device = context.device;
  block.context = &context;
  block.backing = place->backing;
  block.fd = place->fd;
  block.fd_offset = place->fd_offset;
  fill_redzone(block, place->bytes);
  add_block(block);
  return CUDA_SUCCESS;
}

void free_device(const Block& block) {
  const CUdeviceptr base = block.base;
  const Context& owner = *block.context;
  const size_t bytes = place_bytes(base);
  check_redzone(block, bytes);
  remove_block(base);
  poison_place(base);
  quarantine(base, bytes, owner);
}

size_t check_heap() {
  size_t wrong = check_free_places();
  for (const auto& [base, block] : all_blocks()) {
    if (block.kind == Kind::device && !check_redzone(block, place_bytes(base))) ++wrong;
  }
  return wrong;
}

CUresult allocate_managed(Context& context, size_t bytes, unsigned flags, Block& block) {
  const auto address = window().take(bytes);
  if (!address) return CUDA_ERROR_OUT_OF_MEMORY;
  if (!window().open(*address, bytes)) {
    window().give(*address, bytes);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  block.base = *address;
  block.bytes = bytes;
  block.kind = Kind::managed;
  block.device = context.device;
  block.context = &context;
  block.backing = reinterpret_cast<std::byte*>(*address);
  block.flags = flags;
  add_block(block);
  return CUDA_SUCCESS;
}

void free_managed(const Block& block) {
  const Block gone = block;
  remove_block(gone.base);
  advice().forget(gone.base, gone.bytes);
  window().close(gone.base, gone.bytes);
  window().give(gone.base, gone.bytes);
}

}  // namespace simcuda

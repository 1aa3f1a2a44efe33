// cuMemAllocAsync, cuMemAllocFromPoolAsync, cuMemFreeAsync.
//
// Such memory outlives its context. In a stream that is being captured they make nodes of a graph: the address is fixed
// from then on, so the block is recorded at once.
#include "core/cuda/bodies.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/limit.hpp"
#include "core/cuda/pools.hpp"

namespace weir::cuda {
namespace {

CUresult record_ordered(const Call& call, CUresult result, const CUdeviceptr* out, std::uint64_t bytes,
                        CUstream stream, Place place) noexcept {
  if (result != CUDA_SUCCESS || out == nullptr) return result;
  const bool is_graph = is_capturing(stream);
  if (!is_graph) pools_in_use(place.device);
  call.allocated(CudaKey::Address, key_of(*out), bytes, place.space,
                 is_graph ? MemoryKind::Graph : MemoryKind::Ordered, {.context = 0, .device = place.device});
  return result;
}

}  // namespace

CUresult allocate_ordered(Call& call, CUresult (*real)(CUdeviceptr*, std::size_t, CUstream), CUdeviceptr* out,
                          std::size_t bytes, CUstream stream) noexcept {
  const Room room{call, out != nullptr && !is_capturing(stream) ? bytes : 0};
  if (room.is_refused()) return room.refuse();
  const CUresult result = real(out, bytes, stream);
  if (result != CUDA_SUCCESS) return result;
  return record_ordered(call, result, out, bytes, stream, {Space::Device, call.current().device});
}

CUresult allocate_from_pool(Call& call, CUresult (*real)(CUdeviceptr*, std::size_t, CUmemoryPool, CUstream),
                            CUdeviceptr* out, std::size_t bytes, CUmemoryPool pool,
                            CUstream stream) noexcept {
  Place place{Space::Device, 0};
  if (!find_pool(pool, place)) place.device = call.current().device;
  const Room room{call, place.device,
                  out != nullptr && place.space == Space::Device && !is_capturing(stream) ? bytes : 0};
  if (room.is_refused()) return room.refuse();
  const CUresult result = real(out, bytes, pool, stream);
  if (result != CUDA_SUCCESS) return result;
  return record_ordered(call, result, out, bytes, stream, place);
}

namespace {

/// What the driver does not know it cannot free: the block is freed as if by cuMemFree, where the driver would take it.
CUresult free_carved_in_order(CUdeviceptr block, CUstream stream) noexcept {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  const CUresult result = ask::is_capturing(stream, &status);
  if (result != CUDA_SUCCESS) return result;
  if (status != CU_STREAM_CAPTURE_STATUS_NONE) return CUDA_ERROR_INVALID_VALUE;  // only memory of graphs
  return pooled_free([](CUdeviceptr it) noexcept { return ask::mem_free(it); }, block);
}

}  // namespace

// Plain memory may be freed so, too: what its pool has becomes the driver's.
CUresult free_ordered(Call& call, CUresult (*real)(CUdeviceptr, CUstream), CUdeviceptr block,
                      CUstream stream) noexcept {
  const auto forward = [=](CUdeviceptr it) noexcept { return real(it, stream); };
  return call.release(CudaKey::Address, key_of(block), Space::Device, [=] {
    return is_carved(block) ? free_carved_in_order(block, stream) : freed_past_pool(forward, block);
  });
}

}  // namespace weir::cuda

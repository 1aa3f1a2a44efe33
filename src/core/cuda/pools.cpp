// cuMemPoolCreate, cuMemPoolDestroy, and the functions that name the pool of a device or of a place.
#include "core/cuda/pools.hpp"

#include "core/cuda/bodies.hpp"
#include "core/cuda/table.hpp"

namespace weir::cuda {
namespace {

constinit platform::Lock g_lock{};
constinit Table<Place> g_pools{};

CUresult learn(const Call& call, CUresult result, const CUmemoryPool* out, Place place) noexcept {
  if (result != CUDA_SUCCESS || out == nullptr) return result;
  call.served();
  const platform::Holding hold{g_lock};
  if (Place* known = g_pools.insert(key_of(*out))) *known = place;
  return result;
}

}  // namespace

bool find_pool(CUmemoryPool pool, Place& out) noexcept {
  const platform::Holding hold{g_lock};
  const Place* known = g_pools.find(key_of(pool));
  if (known != nullptr) out = *known;
  return known != nullptr;
}

CUresult create_pool(Call& call, decltype(&::cuMemPoolCreate) real, CUmemoryPool* out,
                     const CUmemPoolProps* wanted) noexcept {
  const CUresult result = real(out, wanted);
  return wanted == nullptr ? result
                           : learn(call, result, out, place_of(wanted->location, wanted->allocType, 0));
}

CUresult destroy_pool(Call& call, CUresult (*real)(CUmemoryPool), CUmemoryPool pool) noexcept {
  Place before{};
  const bool was_known = find_pool(pool, before);
  if (was_known) {
    const platform::Holding hold{g_lock};
    g_pools.erase(key_of(pool));
  }
  const CUresult result = real(pool);
  if (was_known && !is_gone(result)) (void)learn(call, CUDA_SUCCESS, &pool, before);
  return result;
}

CUresult get_pool_of_device(Call& call, CUresult (*real)(CUmemoryPool*, CUdevice), CUmemoryPool* out,
                            CUdevice device) noexcept {
  const CUresult result = real(out, device);
  Place place{Space::Device, static_cast<std::uint8_t>(device)};
  // A pool that the program made is where it said, whichever device it serves.
  if (result == CUDA_SUCCESS && out != nullptr && find_pool(*out, place)) return result;
  return learn(call, result, out, place);
}

CUresult get_pool_of_place(Call& call, decltype(&::cuMemGetMemPool) real, CUmemoryPool* out,
                           CUmemLocation* location, CUmemAllocationType type) noexcept {
  const CUresult result = real(out, location, type);
  return location == nullptr ? result : learn(call, result, out, place_of(*location, type, 0));
}

}  // namespace weir::cuda

#include "core/engine/cuda_memory.hpp"

namespace weir::engine {

void cuda_allocated(CudaKey, const CudaBlock&, Caller) noexcept {}
CudaTaken cuda_take(CudaKey, std::uint64_t) noexcept { return {}; }
void cuda_freed(const CudaTaken&, Caller) noexcept {}
void cuda_put_back(const CudaTaken&) noexcept {}
void cuda_free_refused(CudaKey, std::uint64_t, Caller) noexcept {}
void cuda_context_ended(std::uint64_t, CudaEnd, Caller) noexcept {}
void cuda_called(CudaRoute) noexcept {}
void cuda_unhooked(const char*, CudaRoute, const char*) noexcept {}
void cuda_deepbind_open(const char*) noexcept {}
void cuda_device_seen(std::uint8_t, const char*, std::uint64_t) noexcept {}
bool cuda_memory_due(std::uint8_t) noexcept { return false; }
void cuda_memory_seen(std::uint8_t, std::uint64_t, std::uint64_t, std::uint64_t) noexcept {}
void cuda_pools_seen(std::uint8_t, std::uint64_t, std::uint64_t) noexcept {}
void cuda_driver_seen(std::uint32_t) noexcept {}

}  // namespace weir::engine

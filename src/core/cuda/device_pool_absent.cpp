#include "core/cuda/device_pool.hpp"
namespace weir::cuda {
static profile::PoolRecord g_record;
std::uint64_t pooled_bytes_at(CUdeviceptr) noexcept { return 0; }
bool is_freed_in_device_pool(CUdeviceptr) noexcept { return false; }
bool has_device_pool() noexcept { return true; }
std::uint64_t pooled_free_bytes(std::uint8_t) noexcept { return 0; }
void export_from_device_pool(CUdeviceptr) noexcept {}
profile::PoolRecord& device_pool_record(std::uint8_t) noexcept { return g_record; }
PoolStock device_pool_stock(std::uint8_t) noexcept { return {}; }
}

#include "core/engine/cuda_pools.hpp"

namespace weir::engine {
namespace {

constinit profile::PoolRecord g_nobodys_pool{};
constinit profile::PoolClassRecord g_nobodys_classes[profile::kPoolClasses]{};

}  // namespace

CudaPoolNumbers cuda_pool_numbers(profile::Space, std::uint8_t, profile::PoolKind, profile::PoolFree,
                                  std::uint64_t) noexcept {
  return {&g_nobodys_pool, g_nobodys_classes};
}
bool cuda_is_passed_by(Caller) noexcept { return false; }
const char* cuda_communication_library() noexcept { return nullptr; }
std::uint64_t cuda_tracked(std::uint8_t) noexcept { return 0; }
void cuda_out_of_memory(const CudaOutOfMemory&, Caller) noexcept {}

}  // namespace weir::engine

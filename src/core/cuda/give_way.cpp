#include "core/cuda/give_way.hpp"

#include "core/cuda/captures.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/pinned_pool.hpp"
#include "core/engine/engine.hpp"

namespace weir::cuda {
namespace {

profile::PoolRecord* give_way_in(const Call& call, const Lack& lack) noexcept {
  if (is_any_stream_capturing()) return nullptr;
  if (lack.is_host) return pinned_pool_gives_back();
  const int device = lack.device == Lack::kCurrent ? call.current().device : lack.device;
  return device >= 0 && device <= 0xff ? device_pool_gives_back(static_cast<std::uint8_t>(device)) : nullptr;
}

}  // namespace

profile::PoolRecord* give_way(const Lack& lack) noexcept {
  if (!has_device_pool() && !has_pinned_pool()) return nullptr;
  Call call{engine::caller_of(__builtin_frame_address(0))};
  if (lack.is_in_call) return give_way_in(call, lack);
  if (!call.begin(lack.route)) return nullptr;
  profile::PoolRecord* const giver = give_way_in(call, lack);
  call.end();
  return giver;
}

}  // namespace weir::cuda

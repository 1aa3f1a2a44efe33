#include "core/cuda/limit.hpp"

#include <sched.h>

#include <atomic>

#include "core/cuda/captures.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

/// A device's part.
struct Account {
  platform::Lock lock;                     ///< of who sets aside; over the books' lock, never over the driver
  std::atomic<std::uint64_t> total;        ///< bytes of the device; 0: not asked yet
  std::atomic<std::uint64_t> set_aside;    ///< of allocations under way
  std::atomic<std::uint64_t> begun, done;  ///< handovers: while they differ, a block may be counted twice
};
constinit Account g_accounts[profile::kMaxDevices]{};

/// False: with what is live and what others have set aside it would be more than the limit. A no that may have counted a block
/// twice, in the middle of its handover, is looked at again. (A block that is neither set aside nor live is never seen: it is
/// counted before it is taken off, and looked for in the other order.)
bool set_aside(Account& account, std::uint8_t device, std::uint64_t bytes, std::uint64_t limit) noexcept {
  // Of a second: a thread may have been stopped in its handover, for good.
  constexpr int kSoonLooks = 1000, kMostLooks = 11'000;
  constexpr std::uint64_t kPauseNs = 100'000;
  for (int look = 0; look != kMostLooks; ++look) {
    {
      const platform::Holding hold{account.lock};
      const std::uint64_t done = account.done.load(), begun = account.begun.load();
      const std::uint64_t wanted = account.set_aside.load() + bytes;
      const std::uint64_t live = engine::cuda_tracked(device);
      if (wanted <= limit && live <= limit - wanted) {
        account.set_aside.fetch_add(bytes);
        return true;
      }
      if (begun == done && account.begun.load() == begun) return false;
    }
    if (look < kSoonLooks)
      sched_yield();
    else
      DeviceSource::pause_ns(kPauseNs);
  }
  return false;
}

}  // namespace

std::uint64_t limit_of(std::uint8_t device) noexcept {
  const config::Share& share = engine::options().device_limit.share;
  if (share.percent == 0) return share.bytes != 0 ? share.bytes : kNoLimit;
  Account& account = g_accounts[device];
  std::uint64_t whole = account.total.load();
  if (whole == 0) {
    std::size_t total = 0;
    if (ask::device_total(&total, device) != CUDA_SUCCESS || total == 0) return kNoLimit;
    account.total.store(whole = total);
  }
  return share.of(whole);
}

void Room::enter_current(Call& call, std::uint64_t bytes) noexcept {
  const Owner owner = call.current();
  if (owner.context != 0) enter(call, owner.device, bytes);
}

void Room::enter(Call& call, std::uint8_t device, std::uint64_t bytes) noexcept {
  const std::uint64_t limit = limit_of(device);
  if (bytes == 0 || limit == kNoLimit) return;
  call_ = &call;
  bytes_ = bytes;
  device_ = device;
  state_ = State::Refused;
  if (bytes > limit || !set_aside(g_accounts[device], device, bytes, limit)) return;
  state_ = State::SetAside;
  call.enter_room(this);
}

CUresult Room::refuse() const noexcept {
  std::size_t free = 0, total = 0;
  const bool can_ask = !is_any_stream_capturing() && call_->current().device == device_;
  if (!can_ask || ask::memory_info(&free, &total) != CUDA_SUCCESS) free = total = 0;
  report_no_memory(*call_, device_, bytes_, device_pool_stock(device_), {free, total}, limit_of(device_),
                   CUDA_ERROR_OUT_OF_MEMORY);
  return CUDA_ERROR_OUT_OF_MEMORY;
}

void Room::begin_handover() noexcept { g_accounts[device_].begun.fetch_add(1); }

void Room::end_handover() noexcept {
  g_accounts[device_].set_aside.fetch_sub(bytes_);
  bytes_ = 0;
  g_accounts[device_].done.fetch_add(1);
}

void Room::leave() noexcept {
  g_accounts[device_].set_aside.fetch_sub(bytes_);
  call_->enter_room(nullptr);
}

}  // namespace weir::cuda

#include "core/stack/readable.hpp"

#include "core/base/bits.hpp"
#include "core/platform/platform.hpp"

namespace weir::stack {
namespace {

/// How far one frame may reach; a step beyond is not believed.
constexpr std::uintptr_t kFarthest = 16U << 20;

}  // namespace

bool Readable::has_indeed(std::uintptr_t at) noexcept {
  return at % sizeof(std::uintptr_t) == 0 && at >= first_ && at - first_ <= kFarthest &&
         platform::is_readable(at);
}

void Readable::move_to(std::uintptr_t slot) noexcept {
  first_ = slot;
  known_.begin = align_down(slot, platform::kPageBytes);
  known_.end =
      platform::is_readable(align_down(slot, 8)) ? known_.begin + platform::kPageBytes : known_.begin;
}

bool Readable::extend_to(std::uintptr_t at) noexcept {
  if (at % sizeof(std::uintptr_t) != 0 || at < known_.begin || at < first_ || at - first_ > kFarthest)
    return false;
  while (at >= known_.end) {
    if (!platform::is_readable(known_.end)) return false;
    known_.end += platform::kPageBytes;
  }
  return true;
}

}  // namespace weir::stack

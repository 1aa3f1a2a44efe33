#include "core/stack/readable.hpp"

#include <errno.h>

#include "core/base/bits.hpp"
#include "core/platform/platform.hpp"

namespace weir::stack {
namespace {

/// How far one frame may reach; a step beyond is not believed.
constexpr std::uintptr_t kFarthest = 16U << 20;

/// Lets the kernel read the word: rt_sigprocmask looks at the set before it refuses the unknown command. Any other answer
/// (a seccomp filter's) counts as no.
bool is_mapped(std::uintptr_t at) noexcept {
  constexpr int kNoCommand = 0x7fff;
  return platform::raw_syscall(SYS_rt_sigprocmask, kNoCommand, at, nullptr, sizeof(std::uint64_t)) == -EINVAL;
}

}  // namespace

bool Readable::has_indeed(std::uintptr_t at) noexcept {
  return at % sizeof(std::uintptr_t) == 0 && at >= first_ && at - first_ <= kFarthest && is_mapped(at);
}

void Readable::move_to(std::uintptr_t slot) noexcept {
  first_ = slot;
  known_.begin = align_down(slot, platform::kPageBytes);
  known_.end = is_mapped(align_down(slot, 8)) ? known_.begin + platform::kPageBytes : known_.begin;
}

bool Readable::extend_to(std::uintptr_t at) noexcept {
  if (at % sizeof(std::uintptr_t) != 0 || at < known_.begin || at < first_ || at - first_ > kFarthest)
    return false;
  while (at >= known_.end) {
    if (!is_mapped(known_.end)) return false;
    known_.end += platform::kPageBytes;
  }
  return true;
}

}  // namespace weir::stack

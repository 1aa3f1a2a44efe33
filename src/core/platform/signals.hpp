// Holds back all signals of the calling thread for a while.
#pragma once

#include <signal.h>

#include <cstdint>

#include "core/platform/raw.hpp"

namespace weir::platform {

/// While one of these lives, no handler runs on this thread. Two system calls.
class SignalsHeld {
 public:
  SignalsHeld() noexcept { raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &kAll, &before_, sizeof(before_)); }
  ~SignalsHeld() { raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof(before_)); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};  // the kernel leaves out SIGKILL and SIGSTOP
  std::uint64_t before_ = 0;
};

}  // namespace weir::platform

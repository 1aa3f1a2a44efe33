// What a seccomp filter answers to a system call: the kernel's classic BPF, as far as it lets filters use it.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>

namespace weir::platform {

/// What such a filter returns for the call; SECCOMP_RET_KILL_PROCESS where the kernel would not take it for a filter.
[[nodiscard]] std::uint32_t run_bpf(const sock_fprog& filter, const seccomp_data& call) noexcept;

}  // namespace weir::platform

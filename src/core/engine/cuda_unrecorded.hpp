// Where nothing is recorded, WEIR_DEVICE_LIMIT must still know what is live: device memory by key, and its sum for each device.
// The books' table and lock serve for that, without sites; nothing goes into the profile. The engine's own.
//
// Without a limit, or where memory is recorded, none of these does anything.
#pragma once

#include "core/engine/cuda_memory.hpp"

namespace weir::engine {

void keep_unrecorded_cuda() noexcept;
/// In a forked child, single-threaded.
void forget_unrecorded_cuda() noexcept;

void unrecorded_allocated(CudaKey keys, const CudaBlock& block) noexcept;
[[nodiscard]] CudaTaken unrecorded_take(CudaKey keys, std::uint64_t key) noexcept;
bool unrecorded_put_back(const CudaTaken& taken) noexcept;

void unrecorded_context_ended(std::uint64_t context) noexcept;
[[nodiscard]] std::uint32_t unrecorded_context_ending(std::uint64_t context) noexcept;
void unrecorded_end_done(std::uint32_t end) noexcept;
void unrecorded_end_failed(std::uint32_t end) noexcept;

/// Live bytes of the device.
[[nodiscard]] std::uint64_t unrecorded_live(std::uint8_t device) noexcept;

}  // namespace weir::engine

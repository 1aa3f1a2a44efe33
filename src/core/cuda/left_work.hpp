// What destroyed streams still had to do, for drivers without cuCtxRecordEvent: no event can be put behind it any more, so
// the stream got one at its end. Where that was not possible, the next wait for the whole context tells.
#pragma once

#include <cstdint>

namespace weir::cuda {

/// `chain` (event_table.hpp), not looked at by others any more, stands behind it; 0: nothing does.
void leave_work(int context, std::uint32_t chain) noexcept;
/// Asks the driver about chains that were left.
[[nodiscard]] bool has_left_work(int context) noexcept;

// The context is waited for. Before; and after, with what was said before:
[[nodiscard]] std::uint32_t left_work_seen(int context) noexcept;
void left_work_done(int context, std::uint32_t seen) noexcept;
void left_work_ended_with(int context) noexcept;

/// Of fences.cpp: are all events of the chain done?
[[nodiscard]] bool is_work_done(std::uint32_t chain) noexcept;

}  // namespace weir::cuda

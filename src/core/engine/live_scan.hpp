// Looks through the heap while the process runs: on request of the tool, which sets the header's `request`, or of the program.
// The engine's own.
//
// Nobody is stopped and nobody waits but for the copy to be made; the copies work while the program runs on, and what comes
// next is done by whoever allocates, at his next look at the clock. Where there are other threads, two looks some time apart
// have to agree, for nothing is known of the registers of threads that run.
#pragma once

#include <cstdint>

namespace weir::engine {

/// One step of what the tool has asked for, if it has. Now and then, of a thread that allocates; it is inside.
void serve_request() noexcept;

/// As the process ends: no look is begun any more. False: one is being published at this moment, by a thread that stands still.
[[nodiscard]] bool stop_live_scans() noexcept;

/// In a forked child: what was under way is the parent's.
void forget_live_scans() noexcept;

}  // namespace weir::engine

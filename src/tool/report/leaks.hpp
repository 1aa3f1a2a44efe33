// Leaks in words: what the leaks section and the summary share.
#pragma once

#include <string>
#include <vector>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {

/// What of a list is in one space.
struct LeakGroup {
  Space space;
  LeakList list;
};

/// Scarce memory first: device, managed, pinned, host; only spaces with leaks.
[[nodiscard]] std::vector<LeakGroup> leak_groups(const LeakList& list, const Context& context);

/// Whether lost and reachable blocks are told apart.
[[nodiscard]] bool is_judged(const Context& context);
/// "64 bytes in 2 blocks that nothing points to any more, allocated at 1 call site"
[[nodiscard]] std::string lost_amount(const Context& context);
/// "64 bytes in 2 blocks at 1 call site"
[[nodiscard]] std::string reachable_amount(const Context& context);

/// "1,024 bytes in 1 block": what is live of them.
[[nodiscard]] std::string live_amount(const Counts& counts, const Profile& profile);

/// Nothing when nothing was released: a sentence, then the call sites.
void released_text(const Context& context, Section& out);
/// "64 bytes in 1 block, allocated at 1 call site"
[[nodiscard]] std::string released_amount(const Leaks& leaks);
/// The members of `released`.
void put_released(Sink& sink, const Context& context);

}  // namespace weir::tool

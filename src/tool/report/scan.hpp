// The look through the heap in words: whether there was one, and what weakens its verdicts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tool/profile/profile.hpp"
#include "tool/report/document.hpp"

namespace weir::tool {

/// Puts the members of `scan`.
void put_scan(Sink& sink, const Profile& profile);
/// Why the verdicts are not those of the end; nothing: they are, or there are none, or the process still runs.
[[nodiscard]] std::optional<std::string> why_outdated(const Profile& profile);
/// Why there are no verdicts, or not on all blocks; nothing: the look was done.
[[nodiscard]] std::optional<std::string> why_not_judged(const Profile& profile);
/// What a person should know, sentence by sentence; those that begin with "! " say that something failed.
[[nodiscard]] std::vector<std::string> scan_sentences(const Profile& profile);

}  // namespace weir::tool

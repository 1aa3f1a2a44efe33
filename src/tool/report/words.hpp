// How numbers, times and frames are worded for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tool/report/document.hpp"
#include "tool/symbolize/symbolize.hpp"

namespace weir::tool {

[[nodiscard]] std::string human_bytes(std::uint64_t bytes);                ///< "1.5 MiB"
[[nodiscard]] std::string exact(std::uint64_t n);                          ///< "1,234,567"
[[nodiscard]] std::string counted(std::uint64_t n, std::string_view one);  ///< "1 block", "1,234 blocks"
[[nodiscard]] std::string percent(std::uint64_t part, std::uint64_t whole);
/// A standard error: the root of a variance, in whole units.
[[nodiscard]] std::uint64_t standard_error(double variance);
/// With " ± …" behind them where the profile holds estimates.
[[nodiscard]] std::string human_bytes(std::uint64_t bytes, double variance, const Profile& profile);
[[nodiscard]] std::string exact(std::uint64_t n, double variance, const Profile& profile);
[[nodiscard]] std::string counted(std::uint64_t n, double variance, std::string_view one,
                                  const Profile& profile);
/// Puts an estimate and, where it is one, its standard error as NAME_stderr.
void put_estimate(Sink& sink, std::string_view name, std::uint64_t value, double variance,
                  const Profile& profile);
/// So many bytes leave no sample 1 time in 20.
[[nodiscard]] std::uint64_t seldom_unseen_bytes(const Profile& profile);
[[nodiscard]] std::string human_seconds(std::uint64_t ns);
[[nodiscard]] std::string_view space_name(Space space);
/// "device memory" …
[[nodiscard]] std::string space_words(Space space);
/// In JSON; nothing for host memory.
[[nodiscard]] std::optional<std::string_view> kind_name(MemoryKind kind);
/// "host", "device 1, stream-ordered" …
[[nodiscard]] std::string where_words(const Site& site);
/// Puts space, device and kind of a site.
void put_where(Sink& sink, const Site& site);
/// "exited with status 3", "died of signal 9 (Killed)" …
[[nodiscard]] std::string ending(const Process& process);

/// What blocks that nobody has freed are called: "Never freed", or less when the process did not end by itself.
[[nodiscard]] std::string live_words(const Profile& profile);

/// The frame a person would name first: the youngest that is not the allocator's or the language's own.
[[nodiscard]] const Frame* headline(const std::vector<Frame>& frames);
/// Function, or what stands for it.
[[nodiscard]] std::string function_of(const Frame& frame);
/// The function, else the place: for a line that shows one frame only.
[[nodiscard]] std::string name_of(const Frame& frame, std::string_view cwd);
/// file:line or module+offset. Files below `cwd` are shown relative to it.
[[nodiscard]] std::string place_of(const Frame& frame, std::string_view cwd);
[[nodiscard]] StackText stack_text(std::string head, const Profile& profile, const Site& site,
                                   const std::vector<Frame>& frames);
/// Puts a list of frames, each with all keys of the schema.
void put_frames(Sink& sink, const std::vector<Frame>& frames);

}  // namespace weir::tool

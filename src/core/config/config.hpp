// What the user asked for, from WEIR_* variables. The one table is options.inc.
//
// Used inside the preload (no allocation, raw environ) and by the tool (`weir options`, checks of --set).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir::config {

/// A path with %-letters, kept in place because programs overwrite their environment strings.
struct Pattern {
  constexpr Pattern() noexcept = default;
  constexpr explicit Pattern(std::string_view from) noexcept : bytes{from.size()} {
    for (std::size_t i = 0; i != from.size(); ++i) text[i] = from[i];
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, bytes}; }

  char text[1024]{};
  std::size_t bytes = 0;
};

enum class RecordMode : std::uint32_t {
  Exact = 0,
  Sampled = 1,
  Off = 2
};  ///< values are those of Header.record_mode
/// What becomes of a library that is opened with RTLD_DEEPBIND.
enum class Deepbind : std::uint32_t { Hook, Strip, Keep };
enum class Follow : std::uint32_t { None, Fork, Exec, All };
struct Depth {
  std::uint32_t frames;
};
struct ByteCount {
  std::uint64_t bytes;
};
struct SampleEvery {
  std::uint64_t bytes;
};
struct Switch {
  bool on;
};
enum class DevicePool : std::uint32_t { Off, Bucket, Pow2, Slab };
enum class DeviceFree : std::uint32_t { Strict, Deferred };
/// A number of bytes, or where that is 0 a part of something.
struct Share {
  std::uint64_t bytes;
  std::uint32_t percent;
  [[nodiscard]] constexpr std::uint64_t of(std::uint64_t whole) const noexcept {
    return bytes != 0 || percent == 0 ? bytes : whole / 100 * percent + whole % 100 * percent / 100;
  }
};
/// The same; 0 and 0: there is none.
struct Limit {
  Share share;
  [[nodiscard]] constexpr bool is_set() const noexcept { return share.bytes != 0 || share.percent != 0; }
};
struct DeviceAs {
  enum Where : std::uint32_t { Device, Managed, ManagedOnOom } where;
  bool is_forced;
};
struct PinnedNuma {
  static constexpr std::int32_t kNearest = -1, kOff = -2;
  std::int32_t node;
};
enum class ManagedAdvise : std::uint32_t { None, PreferredLocation, ReadMostly, AccessedBy };
enum class ManagedPrefetch : std::uint32_t { None, Adaptive, Aggressive };

/// Written once, before the first recorded allocation, and never again: any thread reads it without a lock.
struct Config {
#define OPTION(type, name, fallback, shown, values, help) type name = fallback;
#define RESERVED(name, shown, help)
#include "core/config/options.inc"
#undef OPTION
#undef RESERVED
};

/// One row of the table, as the tool shows it. `name` is the field's name; the variable is WEIR_ + upper case.
struct OptionRow {
  std::string_view name, shown_default, values, help;
  bool reserved;
};
[[nodiscard]] std::span<const OptionRow> option_rows() noexcept;

/// A whole number with K, M, G, KiB …, within [least, most]; `out` is unchanged where it is none.
[[nodiscard]] bool parse_bytes(std::string_view text, std::uint64_t least, std::uint64_t most,
                               std::uint64_t& out) noexcept;

/// What became of one NAME=VALUE.
enum class Verdict { Taken, NotOurs, Unparsable, Reserved, Unknown };
struct Judgement {
  Verdict verdict = Verdict::NotOurs;
  const OptionRow* row =
      nullptr;  ///< the option; for Unknown the nearest known one, or null when none is near
};

/// Applies one environment entry "WEIR_NAME=VALUE"; `config` is unchanged unless Taken. Names of weir's own
/// plumbing (WEIR_RUN_…) are NotOurs.
Judgement apply(Config& config, std::string_view entry) noexcept;

/// The one line, without newline, that tells the user what is wrong with `entry`. Written to `out`, cut to
/// fit; empty when there is nothing to complain of.
std::string_view complaint(const Judgement& judgement, std::string_view entry, std::span<char> out) noexcept;

}  // namespace weir::config

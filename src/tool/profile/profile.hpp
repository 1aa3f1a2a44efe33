// A profile, as the tool sees it: checked, summed up, in plain containers.
//
// load() and parse() trust nothing. What is wrong beyond repair throws Error with one line; every smaller wrong
// thing (a file cut short, an index out of range, an impossible count) is left out and leaves a line in `damage`.
// Memory and time are bounded by the size of the file. The bytes themselves: core/profile/format.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/profile/format.hpp"

namespace weir::tool {

/// One line for the user, without the leading "weir: ". Whoever throws it means exit status 2.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

using profile::MemoryKind;
using profile::Space;

struct Node {
  std::uint64_t pc = 0;  ///< 0: no such node
  std::uint32_t parent = 0;
  std::uint32_t module = 0;
};

struct Module {
  std::string path;
  std::string build_id;  ///< raw bytes; empty: has none
  std::uint64_t base = 0, begin = 0, end = 0, file_bytes = 0, file_mtime_ns = 0;
  std::uint32_t generation = 0;
};

/// The variances of estimates (sampled mode); all 0 where the counts are exact. Independent parts add up.
struct Spread {
  double allocated_blocks = 0, allocated_bytes = 0, freed_blocks = 0, freed_bytes = 0;
  double temporary_blocks = 0, live_blocks = 0, live_bytes = 0;
  Spread& operator+=(const Spread& other) noexcept;
};

struct Counts {
  std::uint64_t allocated_blocks = 0, allocated_bytes = 0, freed_blocks = 0, freed_bytes = 0;
  std::uint64_t temporary_blocks = 0, live_blocks = 0, live_bytes = 0;
  Spread spread{};
  /// Sums that would overflow stay at the largest number.
  Counts& operator+=(const Counts& other) noexcept;
};

/// What a look through the heap has said of a site's live blocks; or several looks, of several processes. A part of what is
/// live: blocks that were not looked at have no verdict.
struct Judgement {
  struct Amount {
    std::uint64_t blocks = 0, bytes = 0;
  };
  Amount direct;                            ///< that nothing points to
  Amount indirect;                          ///< that only lost blocks point to
  Amount reachable;                         ///< that the program may still use
  std::uint64_t slabs = 0, slab_bytes = 0;  ///< that hold a block of the site
  std::uint64_t slab_live_bytes = 0;        ///< of these, places in which a block lives, whosever
  std::uint64_t small_bytes = 0;            ///< of the site's blocks, those that lie in slabs
  std::uint64_t sole_bytes = 0;    ///< slabs and extents that would be free without the site's blocks
  std::uint64_t pinned_bytes = 0;  ///< its share of the free places of slabs that are at most a quarter full
  std::uint64_t example = 0;       ///< address of a lost block; 0: none, or of several processes

  [[nodiscard]] Amount lost() const noexcept {
    return {direct.blocks + indirect.blocks, direct.bytes + indirect.bytes};
  }
  [[nodiscard]] bool is_empty() const noexcept {
    return (direct.blocks | indirect.blocks | reachable.blocks | slabs) == 0;
  }
};

/// The looks themselves: sums over all processes that took one.
struct Scan {
  static constexpr std::size_t kResults = 11;
  std::uint32_t results[kResults]{};  ///< by profile::ScanResult: how many ended so
  std::uint64_t took_ns = 0, blocks = 0, slabs = 0, empty_slabs = 0, empty_slab_bytes = 0, root_bytes = 0;
  std::uint64_t root_mappings = 0, shared_mappings = 0, threads = 0, without_registers = 0, whole_stacks = 0;
  std::uint64_t cuda_blocks = 0;  ///< of CUDA's that were judged: no part of `blocks`
  std::uint64_t cuda_unread = 0;  ///< … of these, reached host memory whose words could not be read
  std::uint64_t cuda_handles = 0, cuda_graphs = 0, cuda_registered = 0;  ///< not judged, by why

  [[nodiscard]] std::uint64_t cuda_unjudged() const noexcept {
    return cuda_handles + cuda_graphs + cuda_registered;
  }
  // Of one process; 0 in a merged profile.
  std::uint64_t at_ns = 0;           ///< after its start
  std::uint32_t looks = 0;           ///< on request: how many had to agree; 0: at its end
  std::uint64_t last_failed_ns = 0;  ///< of `failed_later` the last, after its start

  std::uint32_t on_request = 0;            ///< processes whose verdicts are older than their ends
  std::uint32_t failed_later[kResults]{};  ///< looks that came to nothing since those verdicts, by result
  std::vector<profile::SizeClassRecord>
      classes;  ///< those of slabs, in order; what thread caches hold is not live

  [[nodiscard]] std::uint32_t times(profile::ScanResult result) const noexcept {
    return results[static_cast<std::size_t>(result)];
  }
  /// Whether there are verdicts, be it not of all sites.
  [[nodiscard]] bool has_verdicts() const noexcept {
    return times(profile::ScanResult::Done) + times(profile::ScanResult::NoRoom) != 0;
  }
  [[nodiscard]] std::uint64_t times_failed_later() const noexcept {
    std::uint64_t out = 0;
    for (const std::uint32_t times : failed_later) out += times;
    return out;
  }
};

struct Site {
  bool exists = false;
  bool inherited = false;  ///< the parent's at fork: no part of this process's totals
  Space space = Space::Host;
  std::uint8_t device = 0;
  MemoryKind kind = MemoryKind::None;
  std::uint16_t flags = 0;  ///< profile::kSite…, without the kind
  std::uint32_t node = 0;   ///< youngest frame, 0: no stack
  std::uint32_t first_ms = 0;
  Counts counts;
  Judgement verdict;                   ///< nowhere more than what is live
  std::uint64_t at_peak_bytes = 0;     ///< live when the space's total was highest
  std::uint64_t peak_bytes = 0;        ///< the site's own highest; at most …
  std::uint64_t peak_error_bytes = 0;  ///< … this much too high
  double at_peak_variance = 0, peak_variance = 0;
  std::uint32_t processes = 1;        ///< that counted something here
  std::uint32_t most_live_in = 0;     ///< index into members: where most of it is live, namely …
  std::uint64_t most_live_bytes = 0;  ///< … so much

  /// Whether `device` means something. The stand-in for sites without room stands for all devices.
  [[nodiscard]] bool has_device() const noexcept {
    const bool is_on_one = space == Space::Device || space == Space::Managed || space == Space::Imported;
    return is_on_one && (flags & profile::kSiteUnknown) == 0;
  }
};

struct SpaceTotals {
  Counts counts;
  Counts inherited;
  std::uint64_t peak_bytes = 0;        ///< exact, or up to …
  std::uint64_t peak_error_bytes = 0;  ///< … this much too low
  std::uint64_t peak_at_ns = 0;
  double peak_variance = 0;
};

/// Replaced: by exec. Several: of a merged profile, whose processes did not end alike.
/// Unknown: none is noted, and this is a copy of the file, taken while the process ran or after it was killed.
enum class Ending { Running, Exited, Signalled, Killed, Replaced, Unknown, Several };

struct Process {
  std::uint32_t pid = 0, parent_pid = 0;
  std::string exe, cwd;
  std::vector<std::string> args;
  bool args_cut = false;
  std::uint64_t started_realtime_ns = 0, duration_ns = 0;
  std::uint64_t last_seen_ns = 0;  ///< of one process's profile: its last look at the clock, after its start
  Ending ending = Ending::Killed;
  std::int32_t end_value = 0;  ///< exit code or signal number, by `ending`
};

/// When it began, nanoseconds since the epoch; 0 where no clock can have shown that.
[[nodiscard]] std::uint64_t start_of(const Process& process) noexcept;

/// One process that a profile tells of: what is kept of it when profiles are merged.
struct Member {
  Process process;
  std::string profile;  ///< the file it came from
  std::uint32_t record_mode = 0;
  SpaceTotals spaces[profile::kSpacesAndImported];
  std::uint64_t errors = 0;         ///< misuses of memory, in all
  std::uint64_t warnings = 0;       ///< lines, those on damage of its file too
  std::uint64_t lost = 0;           ///< records that found no room
  std::uint64_t out_of_memory = 0;  ///< requests for device memory that nothing could serve
};

struct HostStats {
  std::uint64_t at_ns = 0, allocated = 0, active = 0, resident = 0, retained = 0, mapped = 0, metadata = 0;
  std::uint64_t cached_bytes = 0, requested = 0;
  double requested_variance = 0;
  std::vector<profile::SizeClassRecord> classes;  ///< only those with blocks or slabs
  /// What else these numbers stand beside, of those processes whose allocator was asked.
  std::uint32_t processes = 1;
  std::uint64_t tagged_blocks = 0;  ///< live, with weir's mark at their end
  std::uint64_t inherited_bytes = 0;
  double inherited_variance = 0;
};

struct Device {
  unsigned ordinal = 0;
  std::string name;
  profile::DeviceRecord record{};  ///< checked; `name` and `reserved` mean nothing
  std::uint32_t processes = 1;     ///< more: sums over them; the three looks mean nothing
};

/// weir's own pool of a device, or of pinned memory.
struct Pool {
  profile::PoolRecord record{};                   ///< checked; no sum is negative
  std::vector<profile::PoolClassRecord> classes;  ///< those that were used, in order of size
  std::uint32_t processes = 1;                    ///< more: sums over their pools
};

struct Unhooked {
  std::string name, why;
  std::uint32_t route = 0;  ///< below profile::kCudaRoutes
  std::uint64_t times = 0;
};

struct DeepbindOpen {
  std::string path;
  std::uint64_t times = 0;
};

/// The profile of one process, or several of them merged: then numbers are sums, and times are after the start of the
/// earliest process.
struct Profile {
  Process process;                                 ///< of a merged profile: what its processes have in common
  std::vector<Member> members;                     ///< at least one
  std::uint32_t record_mode = 0, stack_depth = 0;  ///< 0 exact, 1 sampled, 2 off
  std::uint64_t sample_every = 0;                  ///< sampled: mean bytes between samples
  std::uint64_t samples = 0, live_samples = 0;     ///< sampled: blocks really recorded, and not yet freed
  std::string allocator, unwinder, weir_version;
  std::uint64_t own_bytes = 0;
  profile::LossCounters losses{};
  std::vector<std::string> warnings;     ///< core's
  std::vector<std::uint32_t> warned_in;  ///< merged: by warning, in how many processes; else empty
  std::vector<std::string> damage;       ///< what was wrong with the file

  std::vector<Node> nodes;
  std::vector<Module> modules;
  std::vector<Site> sites;  ///< by site number; look at `exists`
  SpaceTotals spaces[profile::kSpacesAndImported];
  std::optional<HostStats> host_stats;
  std::optional<Scan> scan;                       ///< none: no process looked through its heap
  std::vector<profile::TimelineRecord> timeline;  ///< in order of time
  std::uint64_t timeline_step_ns = 0;             ///< merged: sums at the multiples of this since the epoch
  std::vector<profile::ErrorRecord> errors;       ///< sites in them exist or are 0

  std::vector<Device> devices;                   ///< in order of ordinal
  std::vector<profile::ReleaseRecord> releases;  ///< sites exist; releasing sites exist or are 0
  std::vector<Pool> pools;                       ///< pinned memory's first, then in order of device
  std::vector<profile::OutOfMemoryRecord>
      out_of_memory;  ///< sites of holders exist; the asker's exists or is 0
  std::vector<Unhooked> unhooked;
  std::vector<DeepbindOpen> deepbinds;
  std::uint64_t cuda_calls[profile::kCudaRoutes]{};
  std::uint32_t cuda_driver_version = 0;

  /// Whether it tells of several processes.
  [[nodiscard]] bool is_merged() const noexcept { return members.size() > 1; }
  /// Whether the counts are estimates.
  [[nodiscard]] bool is_sampled() const noexcept { return record_mode == 1; }
  [[nodiscard]] const SpaceTotals& space(Space which) const noexcept {
    return spaces[static_cast<std::size_t>(which)];
  }
  /// The pool of pinned memory, or of this device; null: there was none.
  [[nodiscard]] const Pool* pool(Space space, unsigned device = 0) const noexcept;
  /// Whether anything of CUDA was seen.
  [[nodiscard]] bool has_cuda() const noexcept;

  /// The nodes of a stack, youngest first, `most` of them.
  [[nodiscard]] std::vector<std::uint32_t> stack(std::uint32_t node,
                                                 std::size_t most = profile::kMaxFrames) const;
};

/// Records of these counters that change numbers.
[[nodiscard]] std::uint64_t records_dropped(const profile::LossCounters& losses) noexcept;

/// Fills `process` and `spaces` from the members of a merged profile.
void sum_members(Profile& merged);

/// Reads a profile file, or a merged one; the process that writes it may still run.
[[nodiscard]] Profile load(const std::string& path);

/// When a process started, in clock ticks after the machine's start (field 22 of /proc/PID/stat); 0: there is no such process, or
/// it has ended and waits for its parent.
[[nodiscard]] std::uint64_t start_ticks(std::uint32_t pid);

/// Whether that process has this very file mapped; none: its mappings cannot be read.
[[nodiscard]] std::optional<bool> is_mapped_by(std::uint32_t pid, const std::string& path);

/// The same from bytes. `name` is the file's, for messages.
[[nodiscard]] Profile parse(std::span<const std::byte> file, const std::string& name);

/// The bytes of a merged profile: tool/profile/merged_format.hpp. Throws Error when it is larger than such a file can be.
[[nodiscard]] std::vector<std::byte> merged_bytes(const Profile& profile);

/// Whether these bytes begin as a profile does, of any version.
[[nodiscard]] bool has_magic(std::span<const std::byte> file) noexcept;
/// … as a merged profile does.
[[nodiscard]] bool has_merged_magic(std::span<const std::byte> file) noexcept;

}  // namespace weir::tool

// The merged profile: every byte of the file that `weir merge` writes and every command reads.
//
//   0        24                            24 + 24 n
//   ┌────────┬─────────────────────────────┬───────┬───────┬─ … ─┐
//   │ Header │ TableEntry[n]               │ table │ table │     │
//   └────────┴─────────────────────────────┴───────┴───────┴─ … ─┘
//
// An entry says where a table begins, how many records it has and how long each is. Tables begin at multiples of 8; those
// without records may be missing. Numbers are little-endian. Times are nanoseconds after the start of the earliest
// process. Texts lie together in one table, and records name their places there.
//
// Records that a profile has, too, are the same here (core/profile/format.hpp): nodes, points of the timeline, size
// classes, misuses, devices, releases, pools, out of memory. Their `ready` words are 1.
// docs/profile-format.md draws the same bytes; if an assert below fails, raise kVersion and teach the reader the old shape.
#pragma once

#include <array>
#include <cstdint>

#include "core/profile/format.hpp"

namespace weir::tool::merged {

inline constexpr std::array<char, 8> kMagic{'W', 'E', 'I', 'R', 'M', 'E', 'R', 'G'};
inline constexpr std::uint32_t kVersion = 1;

enum class Table : std::uint32_t {
  Texts = 1,      ///< bytes
  Summary = 2,    ///< SummaryRecord, one
  Members = 3,    ///< MemberRecord, one for each process
  Arguments = 4,  ///< Text: the processes' arguments, one process after the other
  Spaces = 5,     ///< SpaceRecord: what a process had in a space, where that is anything
  Modules = 6,    ///< ModuleRecord; number 0 is not used
  Nodes =
      7,  ///< profile::NodeRecord; pc is the place in the module's file, or the address where it is in none
  Sites = 8,           ///< SiteRecord; the first is site number 2
  Timeline = 9,        ///< profile::TimelineRecord
  SizeClasses = 10,    ///< profile::SizeClassRecord
  Errors = 11,         ///< profile::ErrorRecord
  Devices = 12,        ///< DeviceRecord
  Releases = 13,       ///< profile::ReleaseRecord
  Pools = 14,          ///< PoolRecord
  PoolClasses = 15,    ///< PoolClassRecord
  OutOfMemory = 16,    ///< profile::OutOfMemoryRecord
  Unhooked = 17,       ///< UnhookedRecord
  Deepbinds = 18,      ///< DeepbindRecord
  Warnings = 19,       ///< WarningRecord
  Scan = 20,           ///< ScanRecord, one; missing: no process looked through its heap
  Verdicts = 21,       ///< VerdictRecord
  WalkedClasses = 22,  ///< profile::SizeClassRecord of slabs, as the looks through heaps saw them
  FailedLooks = 23,    ///< FailedLooksRecord, one; missing: all verdicts are those of the ends
};
inline constexpr std::uint32_t kTables = 24;

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t table_count;
  std::uint64_t file_bytes;
};
static_assert(sizeof(Header) == 24);

struct TableEntry {
  Table table;
  std::uint32_t record_bytes;
  std::uint64_t begin;  ///< of the file
  std::uint64_t count;
};
static_assert(sizeof(TableEntry) == 24);

/// A piece of the table of texts.
struct Text {
  std::uint32_t begin, bytes;
};

struct CountsRecord {
  std::uint64_t allocated_blocks, allocated_bytes, freed_blocks, freed_bytes, temporary_blocks, live_blocks,
      live_bytes;
  /// The variances of the same where they are estimates; else 0.
  double allocated_blocks_variance, allocated_bytes_variance, freed_blocks_variance, freed_bytes_variance,
      temporary_blocks_variance, live_blocks_variance, live_bytes_variance;
};
static_assert(sizeof(CountsRecord) == 112);

/// What is not said process by process.
struct SummaryRecord {
  std::uint32_t record_mode;  ///< 0 all exact, 1 some or all sampled, 2 all off
  std::uint32_t stack_depth;  ///< the largest
  std::uint64_t sample_every, samples, live_samples, own_bytes;
  profile::LossCounters losses;
  std::uint64_t cuda_calls[profile::kCudaRoutes];
  std::uint32_t cuda_driver_version, reserved;
  Text allocator, unwinder, weir_version;
  std::uint64_t
      timeline_step_ns;  ///< points are at its multiples since the epoch; 0: they are one process's own
  /// The allocators' statistics, summed over `host_processes`; 0: nothing is known.
  std::uint64_t host_processes, host_at_ns, allocated, active, resident, retained, mapped, metadata,
      cached_bytes, requested, tagged_blocks, inherited_bytes;
  double requested_variance, inherited_variance;
};
static_assert(sizeof(SummaryRecord) == 352);

struct MemberRecord {
  std::uint32_t pid, parent_pid;
  std::uint64_t started_realtime_ns, duration_ns;
  std::uint32_t ending;  ///< 0 running, 1 exited, 2 signalled, 3 killed, 4 replaced by exec
  std::int32_t end_value;
  Text exe, cwd, profile;
  std::uint32_t argument_count, args_cut;
  std::uint32_t record_mode, reserved;
  std::uint64_t errors, warnings, lost, out_of_memory;
};
static_assert(sizeof(MemberRecord) == 104);

struct SpaceRecord {
  std::uint32_t member;
  std::uint32_t space;
  CountsRecord counts, inherited;
  std::uint64_t peak_bytes, peak_error_bytes, peak_at_ns;  ///< after that process's own start
  double peak_variance;
};
static_assert(sizeof(SpaceRecord) == 264);

struct ModuleRecord {
  Text path, build_id;
  std::uint64_t file_bytes, file_mtime_ns;
};
static_assert(sizeof(ModuleRecord) == 32);

struct SiteRecord {
  std::uint32_t node;
  profile::Space space;
  profile::MemoryKind kind;
  std::uint8_t device;
  std::uint8_t inherited;
  std::uint32_t flags;
  std::uint32_t first_ms;
  std::uint32_t processes, most_live_in;
  CountsRecord counts;
  std::uint64_t at_peak_bytes, peak_bytes, peak_error_bytes, most_live_bytes;
  double at_peak_variance, peak_variance;
};
static_assert(sizeof(SiteRecord) == 184);

struct DeviceRecord {
  std::uint32_t ordinal, processes;
  profile::DeviceRecord record;
};
static_assert(sizeof(DeviceRecord) == 520);

struct PoolRecord {
  std::uint32_t processes, reserved;
  profile::PoolRecord record;
};
static_assert(sizeof(PoolRecord) == 520);

struct PoolClassRecord {
  std::uint32_t pool;  ///< which of the pools
  std::uint32_t reserved;
  profile::PoolClassRecord record;
};
static_assert(sizeof(PoolClassRecord) == 72);

struct UnhookedRecord {
  Text name, why;
  std::uint64_t times;
  std::uint32_t route, reserved;
};
static_assert(sizeof(UnhookedRecord) == 32);

struct DeepbindRecord {
  Text path;
  std::uint64_t times;
};
static_assert(sizeof(DeepbindRecord) == 16);

struct ScanRecord {
  std::uint32_t results[16];  ///< by profile::ScanResult: in how many processes
  /// Sums over them.
  std::uint64_t took_ns, blocks, slabs, empty_slabs, empty_slab_bytes, root_bytes, root_mappings,
      shared_mappings, threads, without_registers, whole_stacks, cuda_blocks, cuda_unread, cuda_handles,
      cuda_graphs, cuda_registered;
};
static_assert(sizeof(ScanRecord) == 192);

struct FailedLooksRecord {
  std::uint32_t on_request, reserved;  ///< processes whose verdicts are older than their ends
  std::uint32_t times[16];             ///< of looks after those, by profile::ScanResult
};
static_assert(sizeof(FailedLooksRecord) == 72);

struct VerdictRecord {
  std::uint32_t site, reserved;
  profile::VerdictRecord record;
};
static_assert(sizeof(VerdictRecord) == 136);

struct WarningRecord {
  Text line;
  std::uint64_t processes;  ///< in which it was said
};
static_assert(sizeof(WarningRecord) == 16);

}  // namespace weir::tool::merged

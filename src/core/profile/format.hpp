// The profile file: every byte that core writes and the tool reads.
//
// The file is mapped shared while the program runs; core keeps its tables in it, so it is complete at every
// instant. It is a row of chunks of 16 KiB:
//
//   chunk 0      1 .. t            t+1 .. used-1                              used .. max-1
//   ┌────────┬─────────────────┬──────┬──────┬──────┬──────┬─ … ─┐┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┐
//   │ Header │ ChunkEntry[max] │ Node │ Site │Module│Counts│     │  not in the file yet    ┊
//   └────────┴─────────────────┴──────┴──────┴──────┴──────┴─ … ─┘┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┘
//
// A chunk's entry says which table it belongs to and which part of that table it is, so each table is a
// list of chunks that need not be neighbours. An entry is published (release) after its chunk is ready.
// Numbers are little-endian. All-zero bytes are "nothing here" in every record.
//
// Not here: how core finds its way in the mapping (profile.hpp), how the tool checks a file (tool/profile).
// docs/profile-format.md draws the same bytes; if an assert below fails, raise kFormatVersion and teach the
// reader the old shape.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/profile/format_scan.hpp"  // ScanRecord

namespace weir::profile {

inline constexpr std::array<char, 8> kMagic{'W', 'E', 'I', 'R', 'P', 'R', 'O', 'F'};
inline constexpr std::uint32_t kFormatVersion =
    6;  ///< 1 knew no sampling, 2 no CUDA, 3 no pools, 4 no verdicts, 5 no looks that failed later
inline constexpr std::uint64_t kChunkBytes = 16384;
inline constexpr std::uint32_t kMaxFrames = 256;  ///< upper limit of WEIR_STACK_DEPTH

/// What the tool may ask of a living process.
enum class Request : std::uint32_t { None = 0, Scan = 1 };

/// Which table a chunk holds a part of.
enum class ChunkKind : std::uint32_t {
  Free = 0,       ///< not in use; content means nothing
  Header = 1,     ///< chunk 0
  Directory = 2,  ///< the ChunkEntry array
  Nodes = 3,      ///< NodeRecord[1024], part `index` of the call tree
  Sites = 4,      ///< SiteRecord[1024], part `index` of the site table
  Counters = 5,   ///< CounterRecord[256] of shard `owner`, for sites 256*index …
  Modules = 6,    ///< ModuleRecord[16], part `index`
  Timeline = 7,   ///< TimelineRecord[256], exactly one chunk
  HostStats = 8,  ///< HostStatsRecord, `index` 0 or 1: two takes, the header names the newer
  Errors = 9,     ///< ErrorRecord[136], exactly one chunk
  Samples = 10,   ///< SampleRecord[128], for sites 128*index …; sampled mode only
  CudaCounters =
      11,  ///< CounterRecord[256], for sites 256*index …: sites of CUDA memory count here, whatever thread
  Devices = 12,        ///< DeviceRecord[32], for devices 32*index …
  Releases = 13,       ///< ReleaseRecord[256], part `index`
  Unhooked = 14,       ///< UnhookedRecord[128], exactly one chunk
  DeepbindOpens = 15,  ///< DeepbindRecord[32], exactly one chunk
  Pools = 16,          ///< PoolRecord[32], part `index`
  PoolClasses = 17,    ///< PoolClassRecord[256] of pool number `index`
  OutOfMemory = 18,    ///< OutOfMemoryRecord[33], exactly one chunk
  Verdicts = 19,       ///< VerdictRecord[128], for sites 128*index …
};
inline constexpr std::uint32_t kChunkKinds = 20;

struct ChunkEntry {
  ChunkKind kind;
  std::uint16_t owner;     ///< shard, for Counters; else 0
  std::uint16_t reserved;  ///< 0
  std::uint32_t index;     ///< which part of the table
  std::uint32_t ready;     ///< 1 once the other fields and the chunk itself may be read
};
static_assert(sizeof(ChunkEntry) == 16);

/// One frame of the call tree. Node 0 is not used; parent 0 is the root.
/// The tree is written from the oldest frame to the youngest; two stacks share their common old part.
struct NodeRecord {
  std::uint64_t pc;      ///< return address (the youngest frame's too: the instruction after the call)
  std::uint32_t parent;  ///< the caller's node; smaller than this node's own number
  std::uint32_t module;  ///< index into the modules; 0: in no module (JIT code, or unknown)
};
static_assert(sizeof(NodeRecord) == 16);
inline constexpr std::uint32_t kNodesPerChunk = kChunkBytes / sizeof(NodeRecord);

/// Where blocks live. The values are on disk.
enum class Space : std::uint8_t {
  Host = 0,
  Device = 1,
  Pinned = 2,
  Managed = 3,
  Imported =
      4,  ///< memory of another process or interface: none of this process's, so never in a total of the others
};
inline constexpr std::uint32_t kSpaces = 4;  ///< those that this process pays for
inline constexpr std::uint32_t kSpacesAndImported = 5;

/// By which of CUDA's ways the memory of a site was had. The values are on disk: SiteRecord.flags >> kSiteKindShift.
enum class MemoryKind : std::uint8_t {
  None = 0,  ///< host memory
  Plain =
      1,  ///< cuMemAlloc, cuMemAllocPitch; of pinned space: cuMemHostAlloc; of managed space: cuMemAllocManaged
  Ordered = 2,     ///< stream-ordered, from a device's pool: cuMemAllocAsync, cuMemAllocFromPoolAsync
  Physical = 3,    ///< VMM: cuMemCreate, cuMulticastCreate
  Array = 4,       ///< arrays and mipmapped arrays
  Registered = 5,  ///< pinned: the program's own host memory, cuMemHostRegister
  Global = 6,      ///< variables of modules and libraries
  Imported = 7,    ///< of another process or interface, mapped here: not charged to this process
  Graph = 8,       ///< memory nodes of graphs
};
inline constexpr std::uint32_t kMemoryKinds = 9;
inline constexpr std::uint32_t kSiteKindShift = 8;

/// Sites with a fixed number.
enum class FixedSite : std::uint32_t {
  None = 0,       ///< never counted
  Untracked = 1,  ///< weir's own blocks, made while it called foreign code: not the program's, not reported
  First = 2,      ///< the first number any other site gets
};

/// The stack was deeper than WEIR_STACK_DEPTH: Header.stack_depth frames from `node` up are the site's; older ones that
/// the tree may have are those of whichever such stack was the first.
inline constexpr std::uint16_t kSiteTruncated = 1;
/// The walk met a frame that it could not pass: older frames are missing.
inline constexpr std::uint16_t kSiteNoUnwind = 2;
/// Stands for all stacks that found no room; node is 0.
inline constexpr std::uint16_t kSiteUnknown = 4;

/// One interned call stack. Site ids are dense, from 0.
struct SiteRecord {
  std::uint32_t node;  ///< youngest frame; 0: no stack
  Space space;
  std::uint8_t device;     ///< device ordinal, for device and managed space
  std::uint16_t flags;     ///< kSite…
  std::uint32_t first_ms;  ///< first allocation, milliseconds after start
  std::uint32_t ready;     ///< 1 once the other fields may be read
};
static_assert(sizeof(SiteRecord) == 16);
inline constexpr std::uint32_t kSitesPerChunk = kChunkBytes / sizeof(SiteRecord);

/// What one shard (one thread at a time; shard 0 is shared) counted for one site. One cache line.
/// A site's numbers are the sums over all shards; a block freed by another thread makes a shard's
/// own live bytes negative, the sum is right. Bytes are requested bytes.
struct CounterRecord {
  std::uint64_t allocated_blocks;
  std::uint64_t allocated_bytes;
  std::uint64_t freed_blocks;
  std::uint64_t freed_bytes;
  std::uint64_t temporary_blocks;  ///< freed by the same thread before it allocated again
  std::int64_t highest_live;       ///< maximum over time of this shard's live bytes of the site
  std::int64_t at_peak;            ///< live bytes when peak number `peak_number` was reached, if
  std::uint64_t peak_number;       ///< … it equals Header.peak_number[space]; else: live bytes now
};
static_assert(sizeof(CounterRecord) == 64);
inline constexpr std::uint32_t kCountersPerChunk = kChunkBytes / sizeof(CounterRecord);

/// In sampled mode (Header.record_mode 1) counters hold estimates: each recorded block is counted with the number of
/// blocks and of bytes that it stands for (track/sampler.hpp). Bytes are whole, blocks are in units of 1/1024 block.
/// All is counted in shard 0.
inline constexpr std::uint64_t kBlockUnits = 1024;

/// How sure the estimates of one site are: the variance of each, estimated without bias. A standard error is the root.
/// Those of live numbers are those of allocated less those of freed ones.
struct SampleRecord {
  std::uint64_t allocated_samples;  ///< blocks really recorded
  std::uint64_t freed_samples;
  double allocated_blocks_variance;  ///< blocks^2, not in 1/1024
  double allocated_bytes_variance;
  double freed_blocks_variance;
  double freed_bytes_variance;
  double temporary_blocks_variance;
  double highest_live_variance;  ///< of live bytes, when CounterRecord.highest_live was set
  double at_peak_variance;       ///< of live bytes, when CounterRecord.at_peak was noted
  double reserved[7];
};
static_assert(sizeof(SampleRecord) == 128);
inline constexpr std::uint32_t kSamplesPerChunk = kChunkBytes / sizeof(SampleRecord);

inline constexpr std::uint32_t kBuildIdMax = 32;
/// One mapped executable file. Index 0 is not used.
struct ModuleRecord {
  std::uint64_t base;            ///< load bias: pc - base is the address in the ELF file's own terms
  std::uint64_t begin, end;      ///< mapped address range [begin, end)
  std::uint64_t file_bytes;      ///< size and
  std::uint64_t file_mtime_ns;   ///< … modification time of the file when it was mapped; 0: unknown
  std::uint32_t generation;      ///< how many times the program had closed libraries before this entry
  std::uint32_t build_id_bytes;  ///< 0: has none
  std::uint8_t build_id[kBuildIdMax];
  std::uint32_t ready;       ///< 1 once the other fields may be read
  std::uint32_t path_bytes;  ///< length of path, at most sizeof(path)
  char path[936];            ///< absolute; not terminated when full
};
static_assert(sizeof(ModuleRecord) == 1024);
inline constexpr std::uint32_t kModulesPerChunk = kChunkBytes / sizeof(ModuleRecord);

/// One point of the timeline. Points are in order of time, but for the instant in which the list is thinned:
/// the reader sorts and drops doubles.
struct TimelineRecord {
  std::uint64_t at_ns;  ///< after start; 0 and index > 0: empty
  std::int64_t live[kSpaces];
  std::uint64_t device_reserved;  ///< live[Device], and what weir's pools hold of the devices beyond it
  std::uint64_t resident;         ///< of the process, from the kernel; 0: unknown
  double host_live_variance;      ///< sampled mode: of live[Host]
};
static_assert(sizeof(TimelineRecord) == 64);
inline constexpr std::uint32_t kTimelinePoints = kChunkBytes / sizeof(TimelineRecord);

struct SizeClassRecord {
  std::uint64_t bytes;            ///< size class
  std::uint64_t live_blocks;      ///< handed out (thread caches count as handed out)
  std::uint64_t capacity_blocks;  ///< regions in the slabs that exist; for large classes = live_blocks
  std::uint64_t slabs;            ///< 0 for large classes
  std::uint64_t slab_bytes;       ///< 0 for large classes
};
static_assert(sizeof(SizeClassRecord) == 40);
inline constexpr std::uint32_t kMaxSizeClasses = 384;
inline constexpr std::uint32_t kMaxSlabClasses = 48;

/// What the allocator said of itself, at one moment.
struct HostStatsRecord {
  std::uint64_t at_ns;                                                    ///< after start
  std::uint64_t allocated, active, resident, retained, mapped, metadata;  ///< jemalloc's stats.*, bytes
  std::uint64_t cached_bytes;                                             ///< free, but held in thread caches
  std::uint64_t requested;  ///< live bytes as the program asked for them, late by what threads
                            ///< have not passed on; exact in the last take
  std::uint64_t class_count;
  SizeClassRecord classes[kMaxSizeClasses];
  double requested_variance;  ///< sampled mode
};
static_assert(sizeof(HostStatsRecord) <= kChunkBytes);

enum class ErrorKind : std::uint32_t {
  None = 0,
  DoubleFree = 1,
  InvalidFree = 2,
  Overrun = 3,
  MismatchedFree = 4,
};
/// One misuse of the allocator by the program.
struct ErrorRecord {
  ErrorKind kind;
  std::uint32_t site;            ///< where it happened
  std::uint32_t allocated_site;  ///< 0: unknown
  std::uint32_t freed_site;      ///< 0: unknown
  std::uint64_t address;
  std::uint64_t bytes;        ///< block size if known
  std::uint64_t given_bytes;  ///< MismatchedFree: the size the caller claimed
  std::uint64_t at_ns;
  std::uint64_t times;  ///< how often this kind happened at this site
  std::uint64_t ready;
  Space space;
  std::uint8_t reserved_bytes[7];
  std::uint64_t reserved[6];
};
static_assert(sizeof(ErrorRecord) == 120);
inline constexpr std::uint32_t kMaxErrors = kChunkBytes / sizeof(ErrorRecord);

/// What the driver said of a device's memory at one moment, and what was known then.
struct DeviceLook {
  std::uint64_t at_ns;           ///< after start
  std::uint64_t used;            ///< total less free, as the driver says: of all processes
  std::uint64_t tracked;         ///< live bytes of device space on this device, as requested
  std::uint64_t ordered;         ///< … of them stream-ordered, from pools
  std::uint64_t pools_reserved;  ///< what the pools were last known to hold; 0: unknown
};

/// A device. Record number = ordinal.
struct DeviceRecord {
  char name[64];  ///< zero-terminated
  std::uint64_t total;
  std::int64_t live, peak;  ///< device space: requested bytes
  std::uint64_t peak_at_ns;
  std::int64_t managed_live, managed_peak;
  std::int64_t ordered_live;                 ///< part of live
  std::uint64_t pools_reserved, pools_used;  ///< of stream-ordered pools, when last looked
  std::uint64_t pools_at_ns;                 ///< 0: nobody looked
  std::uint64_t looks;              ///< how often the driver was asked; 0: the three below are nothing
  std::uint64_t looks_took_ns;      ///< … and what that took, in all
  DeviceLook first, last, highest;  ///< highest: with the largest `used`
  std::uint64_t ready;              ///< 1 once the name may be read
  /// What weir's own pool held of the device at those looks beyond what the program had asked for: idle, pending, rounding.
  std::uint64_t extra_first, extra_last, extra_highest;
  std::uint64_t reserved[25];
};
static_assert(sizeof(DeviceRecord) == 512);
inline constexpr std::uint32_t kDevicesPerChunk = kChunkBytes / sizeof(DeviceRecord);
inline constexpr std::uint32_t kMaxDevices = 256;

/// What took blocks along that the program had not freed.
enum class ReleasedBy : std::uint32_t { None = 0, ContextDestroyed = 1, DeviceReset = 2, ModuleUnloaded = 3 };

/// Live blocks of one site that went with their context at one place of the program.
struct ReleaseRecord {
  std::uint32_t site;
  std::uint32_t released_site;  ///< who ended it; 0: unknown
  ReleasedBy how;
  std::uint32_t ready;  ///< 1 once the other fields may be read
  std::uint64_t bytes, blocks;
  std::uint64_t first_ns, last_ns;  ///< after start
  std::uint64_t reserved[2];
};
static_assert(sizeof(ReleaseRecord) == 64);
inline constexpr std::uint32_t kReleasesPerChunk = kChunkBytes / sizeof(ReleaseRecord);

/// How a function of the driver was reached: linked, dlsym, cuGetProcAddress, patched.
inline constexpr std::uint32_t kCudaRoutes = 4;

/// A function that allocates, and that the program was given without weir's wrapper.
struct UnhookedRecord {
  char name[72];  ///< zero-terminated, as the next
  char why[32];
  std::uint64_t times;
  std::uint32_t route;
  std::uint32_t ready;
  std::uint64_t reserved;
};
static_assert(sizeof(UnhookedRecord) == 128);
inline constexpr std::uint32_t kMaxUnhooked = kChunkBytes / sizeof(UnhookedRecord);

/// A library that was opened with RTLD_DEEPBIND.
struct DeepbindRecord {
  char path[488];  ///< zero-terminated
  std::uint64_t times;
  std::uint64_t ready;
  std::uint64_t reserved;
};
static_assert(sizeof(DeepbindRecord) == 512);
inline constexpr std::uint32_t kMaxDeepbinds = kChunkBytes / sizeof(DeepbindRecord);

enum class End : std::uint32_t {
  Running = 0,    ///< or died without a word: the tool looks whether the process still lives
  Exited = 1,     ///< end_value: exit code
  Signalled = 2,  ///< end_value: signal number; written by `weir run`, the parent
  Replaced = 3,   ///< by another program, with exec; that one has a profile of its own
};

/// What core could not do, or saw on the way. Shown in the report's coverage section.
struct LossCounters {
  std::uint64_t stacks_truncated;  ///< captures cut at WEIR_STACK_DEPTH
  std::uint64_t stacks_missing;  ///< captures that met a frame they could not pass: older frames are missing
  std::uint64_t sites_dropped;   ///< new stacks that found no room: counted at the kSiteUnknown site
  std::uint64_t counters_dropped;   ///< operations counted at the kSiteUnknown site for want of room
  std::uint64_t foreign_frees;      ///< frees of blocks that another allocator made: passed on
  std::uint64_t shared_shard_uses;  ///< operations of threads that have no shard (ending, or too many)
  std::uint64_t growth_failures;    ///< the profile file could not grow (disk full, limit)
  std::uint64_t errors_dropped;     ///< misuses beyond the error table
  std::uint64_t modules_dropped;    ///< modules beyond the module table
  std::uint64_t
      blocks_in_handlers;  ///< allocated by signal handlers that interrupted weir: glibc made them, not recorded
  std::uint64_t
      samples_dropped;  ///< blocks that were chosen to be recorded, and had no room in the sampled range
  std::uint64_t cuda_blocks_dropped;  ///< CUDA blocks that found no room: not recorded
  std::uint64_t
      cuda_in_handlers;  ///< operations on CUDA memory by signal handlers that interrupted weir: not recorded
  std::uint64_t
      cuda_frees_missed;  ///< CUDA blocks whose address was handed out again before weir saw them freed
  std::uint64_t
      cuda_facts_dropped;  ///< devices, releases, unhooked functions, opened libraries beyond their tables
  std::uint64_t
      children_unrecorded;  ///< forked when no file could be opened any more (seccomp): recorded nowhere
};
static_assert(sizeof(LossCounters) == 128);

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t header_bytes;  ///< sizeof(Header)
  std::uint64_t chunk_bytes;   ///< kChunkBytes
  std::uint64_t max_chunks;    ///< length of the directory
  std::uint64_t used_chunks;   ///< chunks that exist in the file

  std::uint32_t pid, parent_pid;
  std::uint64_t started_realtime_ns;   ///< since the epoch
  std::uint64_t started_monotonic_ns;  ///< zero of every at_ns
  std::uint64_t started_ticks;         ///< field 22 of /proc/PID/stat: with pid, names the process
  End end;
  std::int32_t end_value;
  std::uint64_t ended_ns;      ///< after start; 0: not ended
  std::uint64_t last_seen_ns;  ///< after start: the last time core looked at the clock

  std::uint32_t node_count, site_count, module_count, shard_count;  ///< published last, after their records
  std::uint32_t timeline_count;
  std::uint32_t timeline_step_ms;  ///< present distance of two points
  std::uint32_t
      host_stats_take;  ///< takes so far; the newest is in the HostStats chunk `(take - 1) % 2`; 0: none yet
  std::uint32_t
      inherited_sites;  ///< sites below this number were the parent's at fork: what they count is no part of this
  ///< process's totals; allocated − freed = inherited blocks it still holds. 0 or 2: none
  std::uint32_t generation;  ///< libraries closed so far
  std::uint32_t
      request;  ///< a Request, set by the tool, looked at on a slow path and set back to 0 by the answer

  std::int64_t flushed_live[kSpaces];       ///< live bytes, late by what threads have not yet passed on
  std::int64_t peak_bytes[kSpaces];         ///< exact while one thread allocates; else up to
  std::uint64_t peak_error_bytes[kSpaces];  ///< … this much too low
  std::uint64_t peak_number[kSpaces];       ///< counts new peaks; see CounterRecord
  std::uint64_t peak_at_ns[kSpaces];        ///< after start, late by at most one timeline step
  std::uint64_t own_bytes;                  ///< memory weir took for itself outside this file

  LossCounters losses;

  std::uint32_t record_mode;  ///< 0 exact, 1 sampled, 2 off
  std::uint32_t stack_depth;
  char allocator[64];  ///< "jemalloc 5.3.0"; zero-terminated, as the texts below
  char unwinder[64];
  char weir_version[32];
  char exe[1024];
  char cwd[1024];
  char args[4096];           ///< argv, each zero-terminated; cut at the end
  std::uint32_t args_bytes;  ///< used part of args
  std::uint32_t args_cut;    ///< 1: there were more
  char warnings[2048];       ///< one line each, '\n' between

  // Since version 2. Sampled mode only; else 0.
  std::uint64_t sample_every;  ///< mean bytes between two draws
  double host_live_variance;   ///< of flushed_live[Host]
  double host_peak_variance;   ///< of peak_bytes[Host]: that of the live bytes at that moment

  // Since version 3. Imported memory: as flushed_live, peak_bytes … of the other spaces.
  std::int64_t imported_live, imported_peak;
  std::uint64_t imported_peak_number, imported_peak_at_ns;
  std::uint64_t cuda_calls[kCudaRoutes];  ///< calls of wrapped functions of the driver, by route
  std::uint32_t cuda_driver_version;      ///< as cuDriverGetVersion says it; 0: unknown
  std::uint32_t file_key;  ///< lower half of this file's inode number: a copy has another; 0: unknown

  // Since version 5.
  ScanRecord scan;
  /// Those of slabs, as the look saw them: what thread caches hold is not live. Without capacity: nothing.
  SizeClassRecord walked_classes[kMaxSlabClasses];

  // Since version 6.
  FailedLooks failed_looks;
};
static_assert(sizeof(Header) <= kChunkBytes);
inline constexpr std::uint64_t kHeaderBytesV1 = offsetof(Header, sample_every);
inline constexpr std::uint64_t kHeaderBytesV2 = offsetof(Header, imported_live);
inline constexpr std::uint64_t kHeaderBytesV4 = offsetof(Header, scan);  ///< and of version 3
inline constexpr std::uint64_t kHeaderBytesV5 = offsetof(Header, failed_looks);

}  // namespace weir::profile

#include "core/profile/format_pools.hpp"  // the rest of this face

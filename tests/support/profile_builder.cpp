// Laying out tables in chunks.
#include "support/profile_builder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace weir::test {
namespace {

using namespace profile;

/// The growing file.
class Layout {
 public:
  Layout(std::uint64_t max_chunks, std::size_t directory_chunks)
      : bytes_((1 + directory_chunks) * kChunkBytes), max_{max_chunks} {
    enter(0, {ChunkKind::Header, 0, 0, 0, 1});
    for (std::size_t i = 0; i != directory_chunks; ++i)
      enter(1 + i, {ChunkKind::Directory, 0, 0, static_cast<std::uint32_t>(i), 1});
  }

  template <class Record>
  void add_table(ChunkKind kind, const std::vector<Record>& records, std::uint16_t owner = 0) {
    constexpr std::size_t kEach = kChunkBytes / sizeof(Record);
    for (std::size_t at = 0; at < records.size(); at += kEach) {
      const std::size_t n = std::min(kEach, records.size() - at);
      add_chunk({kind, owner, 0, static_cast<std::uint32_t>(at / kEach), 1}, &records[at],
                n * sizeof(Record));
    }
  }

  void add_chunk(const ChunkEntry& entry, const void* content, std::size_t content_bytes) {
    const std::size_t chunk = bytes_.size() / kChunkBytes;
    bytes_.resize(bytes_.size() + kChunkBytes);
    std::memcpy(bytes_.data() + chunk * kChunkBytes, content, content_bytes);
    enter(chunk, entry);
  }

  std::vector<std::byte> finish(Header header) {
    header.max_chunks = max_;
    header.used_chunks = bytes_.size() / kChunkBytes;
    std::memcpy(bytes_.data(), &header, sizeof(header));
    return std::move(bytes_);
  }

 private:
  void enter(std::size_t chunk, const ChunkEntry& entry) {
    if (chunk >= max_) std::abort();
    std::memcpy(bytes_.data() + kChunkBytes + chunk * sizeof(entry), &entry, sizeof(entry));
  }

  std::vector<std::byte> bytes_;
  std::uint64_t max_;
};

}  // namespace

ProfileBuilder::ProfileBuilder() : nodes_(1), sites_(2), modules_(1) {
  for (SiteRecord& fixed : sites_) fixed.ready = 1;
  header.magic = kMagic;
  header.version = kFormatVersion;
  header.header_bytes = sizeof(Header);
  header.chunk_bytes = kChunkBytes;
  header.pid = 4711;
  header.parent_pid = 4710;
  header.started_realtime_ns = 1'700'000'000'000'000'000;
  header.end = End::Exited;
  header.ended_ns = 2'500'000'000;
  header.stack_depth = 64;
  header.timeline_step_ms = 100;
  put_text(header.allocator, "jemalloc 5.3.0");
  put_text(header.unwinder, "libunwind 1.6.2");
  put_text(header.weir_version, "0.1.0");
  put_text(header.exe, "/opt/app/leaky");
  put_text(header.cwd, "/opt/app");
  constexpr char kArgs[] = "./leaky\0--fast";
  std::memcpy(header.args, kArgs, sizeof(kArgs));
  header.args_bytes = sizeof(kArgs);
}

std::uint32_t ProfileBuilder::add_module(const std::string& path, std::uint64_t base, std::uint64_t begin,
                                         std::uint64_t end, const std::string& build_id) {
  ModuleRecord module{};
  module.base = base;
  module.begin = begin;
  module.end = end;
  module.build_id_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(build_id.size(), kBuildIdMax));
  std::memcpy(module.build_id, build_id.data(), module.build_id_bytes);
  module.path_bytes = static_cast<std::uint32_t>(std::min(path.size(), sizeof(module.path)));
  std::memcpy(module.path, path.data(), module.path_bytes);
  module.ready = 1;
  modules_.push_back(module);
  return static_cast<std::uint32_t>(modules_.size() - 1);
}

std::uint32_t ProfileBuilder::add_node(std::uint64_t pc, std::uint32_t parent, std::uint32_t module) {
  nodes_.push_back({pc, parent, module});
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t ProfileBuilder::add_stack(const std::vector<std::uint64_t>& stack, std::uint32_t module) {
  std::uint32_t node = 0;
  for (const std::uint64_t pc : stack) node = add_node(pc, node, module);
  return node;
}

std::uint32_t ProfileBuilder::add_site(std::uint32_t node, Space space, std::uint16_t flags) {
  SiteRecord site{};
  site.node = node;
  site.space = space;
  site.flags = flags;
  site.first_ms = static_cast<std::uint32_t>(sites_.size());
  site.ready = 1;
  sites_.push_back(site);
  return static_cast<std::uint32_t>(sites_.size() - 1);
}

std::uint32_t ProfileBuilder::add_site(std::uint32_t node, Space space, MemoryKind kind,
                                       std::uint8_t device) {
  const auto flags = static_cast<std::uint16_t>(static_cast<unsigned>(kind) << kSiteKindShift);
  const std::uint32_t made = add_site(node, space, flags);
  sites_[made].device = device;
  return made;
}

void ProfileBuilder::count(std::uint32_t site, const CounterRecord& counters, std::uint16_t shard) {
  auto& table = counters_[shard];
  table.resize(std::max<std::size_t>(table.size(), site + std::size_t{1}));
  table[site] = counters;
}

void ProfileBuilder::count_blocks(std::uint32_t site, std::uint64_t each, std::uint64_t allocated,
                                  std::uint64_t freed, std::uint16_t shard) {
  CounterRecord c{};
  c.allocated_blocks = allocated;
  c.allocated_bytes = allocated * each;
  c.freed_blocks = freed;
  c.freed_bytes = freed * each;
  c.highest_live = static_cast<std::int64_t>(allocated * each);
  c.at_peak = c.highest_live;
  c.peak_number = sites_[site].space == Space::Imported
                      ? header.imported_peak_number
                      : header.peak_number[static_cast<std::size_t>(sites_[site].space)];
  count(site, c, shard);
}

void ProfileBuilder::sample(std::uint32_t site, const SampleRecord& record) {
  samples_.resize(std::max<std::size_t>(samples_.size(), site + std::size_t{1}));
  samples_[site] = record;
  header.record_mode = 1;
  header.sample_every = 4096;
}

void ProfileBuilder::add_point(const TimelineRecord& point) { timeline_.push_back(point); }

void ProfileBuilder::add_error(ErrorRecord error) {
  error.ready = 1;
  errors_.push_back(error);
}

void ProfileBuilder::add_device(std::uint8_t ordinal, const std::string& name, DeviceRecord record) {
  devices_.resize(std::max<std::size_t>(devices_.size(), ordinal + std::size_t{1}));
  put_text(record.name, name);
  record.ready = 1;
  devices_[ordinal] = record;
}

void ProfileBuilder::add_release(ReleaseRecord record) {
  record.ready = 1;
  releases_.push_back(record);
}

void ProfileBuilder::add_pool(PoolRecord record, std::vector<PoolClassRecord> classes) {
  const std::uint32_t number = record.space == Space::Pinned ? 0 : 1U + record.device;
  pools_.resize(std::max<std::size_t>(pools_.size(), number + std::size_t{1}));
  record.ready = 1;
  pools_[number] = record;
  pool_classes_[number] = std::move(classes);
}

void ProfileBuilder::add_out_of_memory(OutOfMemoryRecord record) {
  record.ready = 1;
  out_of_memory_.push_back(record);
}

void ProfileBuilder::scan(ScanRecord record) { header.scan = record; }

void ProfileBuilder::judge(std::uint32_t site, const VerdictRecord& record) {
  verdicts_.resize(std::max<std::size_t>(verdicts_.size(), site + std::size_t{1}));
  verdicts_[site] = record;
}

void ProfileBuilder::walked_class(const SizeClassRecord& record) {
  header.walked_classes[walked_classes_++] = record;
}

void ProfileBuilder::add_unhooked(const std::string& name, std::uint32_t route, const std::string& why,
                                  std::uint64_t times) {
  UnhookedRecord record{};
  put_text(record.name, name);
  put_text(record.why, why);
  record.route = route;
  record.times = times;
  record.ready = 1;
  unhooked_.push_back(record);
}

void ProfileBuilder::add_deepbind(const std::string& path, std::uint64_t times) {
  DeepbindRecord record{};
  put_text(record.path, path);
  record.times = times;
  record.ready = 1;
  deepbinds_.push_back(record);
}

std::vector<std::byte> ProfileBuilder::bytes() const {
  Layout layout{1024, 1};
  layout.add_table(ChunkKind::Nodes, nodes_);
  layout.add_table(ChunkKind::Sites, sites_);
  for (const auto& [shard, table] : counters_)
    if (shard == kCuda)
      layout.add_table(ChunkKind::CudaCounters, table);
    else
      layout.add_table(ChunkKind::Counters, table, shard);
  layout.add_table(ChunkKind::Samples, samples_);
  layout.add_table(ChunkKind::Modules, modules_);
  if (!timeline_.empty()) layout.add_table(ChunkKind::Timeline, timeline_);
  if (!errors_.empty()) layout.add_table(ChunkKind::Errors, errors_);
  layout.add_table(ChunkKind::Devices, devices_);
  layout.add_table(ChunkKind::Releases, releases_);
  layout.add_table(ChunkKind::Pools, pools_);
  for (const auto& [number, classes] : pool_classes_)
    if (!classes.empty())
      layout.add_chunk({ChunkKind::PoolClasses, 0, 0, number, 1}, classes.data(),
                       classes.size() * sizeof(PoolClassRecord));
  layout.add_table(ChunkKind::OutOfMemory, out_of_memory_);
  if (!verdicts_.empty()) layout.add_table(ChunkKind::Verdicts, verdicts_);
  layout.add_table(ChunkKind::Unhooked, unhooked_);
  layout.add_table(ChunkKind::DeepbindOpens, deepbinds_);
  if (header.host_stats_take != 0)
    layout.add_chunk({ChunkKind::HostStats, 0, 0, (header.host_stats_take - 1) % 2, 1}, &stats,
                     sizeof(stats));
  Header full = header;
  full.node_count = static_cast<std::uint32_t>(nodes_.size());
  full.site_count = static_cast<std::uint32_t>(sites_.size());
  full.module_count = static_cast<std::uint32_t>(modules_.size());
  full.shard_count = 1;
  for (const auto& [shard, table] : counters_)
    if (shard != kCuda) full.shard_count = std::max(full.shard_count, shard + 1U);
  full.timeline_count = static_cast<std::uint32_t>(timeline_.size());
  return layout.finish(full);
}

ProfileBuilder full_profile() {
  ProfileBuilder out;
  for (std::uint64_t& number : out.header.peak_number) number = 3;
  out.header.peak_bytes[0] = 20'000;
  out.header.peak_at_ns[0] = 1'000'000'000;
  const auto app = out.add_module("/opt/app/leaky", 0x10000, 0x10000, 0x20000, "0123456789abcdef0123");
  const auto libc = out.add_module("/lib/libc.so.6", 0x700000, 0x700000, 0x800000);
  const auto main = out.add_node(0x11000, out.add_node(0x701000, 0, libc), app);
  const auto leak = out.add_site(out.add_node(0x11100, main, app));
  const auto other = out.add_site(out.add_node(0x11200, main, app));
  const auto freed = out.add_site(out.add_node(0x11300, main, app), Space::Host, kSiteTruncated);
  const auto jit = out.add_site(out.add_node(0x5000, main, 0), Space::Host, kSiteNoUnwind);
  const auto device = out.add_site(main, Space::Device);
  const auto unknown = out.add_site(0, Space::Host, kSiteUnknown);
  out.count_blocks(leak, 64, 100, 0);
  out.count_blocks(other, 1000, 7, 0);
  out.count_blocks(freed, 10, 500, 500, 1);
  out.count_blocks(freed, 10, 5, 5, 2);
  out.count_blocks(jit, 32, 4, 4);
  out.count_blocks(device, 4096, 2, 1, ProfileBuilder::kCuda);
  out.count_blocks(unknown, 8, 1, 0);
  for (std::uint64_t i = 0; i != 20; ++i) {
    TimelineRecord point{};
    point.at_ns = i * 100'000'000;
    point.live[0] = static_cast<std::int64_t>(i * 1000);
    point.resident = 1'000'000 + i * 4096;
    out.add_point(point);
  }
  out.header.host_stats_take = 2;
  out.stats.at_ns = 2'000'000'000;
  out.stats.allocated = 15'000;
  out.stats.active = 2'000'000;
  out.stats.resident = 5'000'000;
  out.stats.retained = 1'000'000;
  out.stats.mapped = 6'000'000;
  out.stats.class_count = 2;
  out.stats.classes[0] = {64, 100, 256, 4, 16384};
  out.stats.classes[1] = {1024, 7, 16, 1, 16384};
  ErrorRecord error{};
  error.kind = ErrorKind::DoubleFree;
  error.site = leak;
  error.allocated_site = other;
  error.freed_site = freed;
  error.bytes = 64;
  error.times = 2;
  out.add_error(error);
  out.add_device(0, "Device of a test", {});
  out.add_release({.site = device,
                   .released_site = leak,
                   .how = ReleasedBy::ContextDestroyed,
                   .ready = 1,
                   .bytes = 4096,
                   .blocks = 1,
                   .first_ns = 1,
                   .last_ns = 2,
                   .reserved = {}});
  out.add_unhooked("cuMemAllocNew", 2, "unknown", 3);
  out.add_deepbind("/opt/app/plugin.so", 1);
  out.header.losses.stacks_truncated = 3;
  put_text(out.header.warnings, "WEIR_FILL has no effect in this version\n");
  return out;
}

namespace {

/// Device 0 of cuda_profile(): a device of 16 GiB that was asked about three times.
void add_devices(ProfileBuilder& out) {
  constexpr std::uint64_t kMiB = 1 << 20;
  DeviceRecord first{};
  first.total = 16'384 * kMiB;
  first.live = 3 * kMiB;
  first.peak = 600 * kMiB;
  first.peak_at_ns = 1'500'000'000;
  first.looks = 3;
  first.looks_took_ns = 300'000;
  first.pools_reserved = 128 * kMiB;
  first.pools_used = 100 * kMiB;
  first.pools_at_ns = 1'600'000'000;
  first.first = {.at_ns = 100'000'000, .used = 400 * kMiB, .tracked = 0, .ordered = 0, .pools_reserved = 0};
  first.highest = {.at_ns = 1'600'000'000,
                   .used = 1000 * kMiB,
                   .tracked = 572 * kMiB,
                   .ordered = 100 * kMiB,
                   .pools_reserved = 128 * kMiB};
  first.last = {
      .at_ns = 2'400'000'000, .used = 410 * kMiB, .tracked = 3 * kMiB, .ordered = 0, .pools_reserved = 0};
  out.add_device(0, "Test Accelerator 16", first);
  DeviceRecord second{};
  second.total = 16'384 * kMiB;
  second.peak = 8192;
  second.peak_at_ns = 1'000'000'000;
  out.add_device(1, "Test Accelerator 16", second);
}

}  // namespace

ProfileBuilder cuda_profile() {
  constexpr std::uint64_t kMiB = 1 << 20;
  constexpr std::uint16_t kCuda = ProfileBuilder::kCuda;
  ProfileBuilder out;
  out.header.peak_bytes[0] = 100;
  out.header.peak_bytes[1] = static_cast<std::int64_t>(500 * kMiB + 100 * kMiB + 3 * kMiB + 8192);
  out.header.peak_bytes[2] = 4096;
  out.header.peak_bytes[3] = static_cast<std::int64_t>(16 * kMiB);
  out.header.peak_at_ns[1] = 1'500'000'000;
  out.header.imported_peak = static_cast<std::int64_t>(32 * kMiB);
  const auto app = out.add_module("/opt/app/leaky", 0x10000, 0x10000, 0x20000);
  const auto runtime = out.add_module("/usr/lib/libcudart.so.13", 0x20000, 0x20000, 0x30000);
  const auto driver = out.add_module("/usr/lib/libcuda.so.1", 0x30000, 0x30000, 0x40000);
  const auto nccl = out.add_module("/opt/lib/libnccl.so.2.21", 0x40000, 0x40000, 0x50000);
  const auto own = out.add_module("/opt/lib/libcompute.so.3", 0x50000, 0x50000, 0x60000);
  const auto main = out.add_node(0x11000, 0, app);
  const auto through_runtime = [&](std::uint32_t below, std::uint64_t pc) {
    return out.add_node(0x30100 + pc, out.add_node(0x20100 + pc, below, runtime), driver);
  };
  const auto leak =
      out.add_site(through_runtime(out.add_node(0x11100, main, app), 1), Space::Device, MemoryKind::Plain, 0);
  const auto collective = out.add_site(out.add_node(0x40100, out.add_node(0x11200, main, app), nccl),
                                       Space::Device, MemoryKind::Physical, 0);
  const auto ordered = out.add_site(through_runtime(out.add_node(0x50100, main, own), 2), Space::Device,
                                    MemoryKind::Ordered, 0);
  const auto released =
      out.add_site(through_runtime(out.add_node(0x11300, main, app), 3), Space::Device, MemoryKind::Array, 1);
  const auto pinned =
      out.add_site(through_runtime(out.add_node(0x11400, main, app), 4), Space::Pinned, MemoryKind::Plain, 0);
  const auto managed = out.add_site(through_runtime(out.add_node(0x11500, main, app), 5), Space::Managed,
                                    MemoryKind::Plain, 0);
  const auto imported = out.add_site(through_runtime(out.add_node(0x11600, main, app), 6), Space::Imported,
                                     MemoryKind::Imported, 0);
  const auto variable = out.add_site(through_runtime(out.add_node(0x11700, main, app), 7), Space::Device,
                                     MemoryKind::Global, 0);
  const auto host = out.add_site(out.add_node(0x11800, main, app));
  const auto end = out.add_site(out.add_node(0x11900, main, app));
  out.count_blocks(leak, 3 * kMiB / 2, 2, 0, kCuda);
  out.count_blocks(collective, 500 * kMiB, 1, 1, kCuda);
  out.count_blocks(ordered, 10 * kMiB, 10, 10, kCuda);
  out.count_blocks(released, 4096, 2, 2, kCuda);
  out.count_blocks(pinned, 4096, 1, 0, kCuda);
  out.count_blocks(managed, 16 * kMiB, 1, 1, kCuda);
  out.count_blocks(imported, 32 * kMiB, 1, 0, kCuda);
  out.count_blocks(variable, 64, 1, 0, kCuda);
  out.count_blocks(host, 100, 1, 0);
  add_devices(out);
  out.add_release({.site = released,
                   .released_site = end,
                   .how = ReleasedBy::ContextDestroyed,
                   .ready = 1,
                   .bytes = 8192,
                   .blocks = 2,
                   .first_ns = 2'000'000'000,
                   .last_ns = 2'000'000'000,
                   .reserved = {}});
  out.header.cuda_driver_version = 13000;
  out.header.cuda_calls[0] = 12;
  out.header.cuda_calls[2] = 3456;
  out.add_unhooked("cuMemAllocNew", 2, "unknown", 3);
  out.add_deepbind("/opt/app/plugin.so", 1);
  ErrorRecord error{};
  error.kind = ErrorKind::DoubleFree;
  error.space = Space::Device;
  error.site = error.freed_site = end;
  error.allocated_site = leak;
  error.bytes = 1 << 20;
  error.times = 1;
  out.add_error(error);
  for (std::uint64_t i = 0; i != 20; ++i) {
    TimelineRecord point{};
    point.at_ns = i * 100'000'000 + 1;
    for (int space = 0; space != 4; ++space)
      point.live[space] = static_cast<std::int64_t>(i * 1000) * (space + 1);
    point.resident = 1'000'000;
    out.add_point(point);
  }
  return out;
}

ProfileBuilder sampled_profile() {
  ProfileBuilder out;
  const auto app = out.add_module("/opt/app/leaky", 0x10000, 0x10000, 0x20000);
  const auto main = out.add_node(0x11000, 0, app);
  const auto leak = out.add_site(out.add_node(0x11100, main, app));
  const auto freed = out.add_site(out.add_node(0x11200, main, app));
  for (const auto site : {leak, freed}) {
    CounterRecord c{};
    c.allocated_blocks = 100 * kBlockUnits + 300;
    c.allocated_bytes = 50'000;
    c.freed_blocks = site == leak ? 40 * kBlockUnits + 900 : c.allocated_blocks;
    c.freed_bytes = site == leak ? 20'000 : c.allocated_bytes;
    c.highest_live = 40'000;
    c.at_peak = 35'000;
    out.count(site, c, 0);
    SampleRecord s{};
    s.allocated_samples = 12;
    s.freed_samples = site == leak ? 5 : 12;
    s.allocated_blocks_variance = 625;
    s.allocated_bytes_variance = 1e8;
    s.freed_blocks_variance = site == leak ? 225 : 625;
    s.freed_bytes_variance = site == leak ? 3.6e7 : 1e8 + 1;  // as rounding may have it
    s.highest_live_variance = 4.9e7;
    s.at_peak_variance = 4e6;
    out.sample(site, s);
  }
  out.header.peak_bytes[0] = 70'000;
  out.header.host_peak_variance = 9e6;
  return out;
}

std::string write_temporary(const std::string& name, const std::vector<std::byte>& bytes) {
  const char* dir = std::getenv("TMPDIR");
  const std::string path =
      std::string{dir == nullptr ? "/tmp" : dir} + "/weir-test-" + std::to_string(getpid()) + "-" + name;
  std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(bytes.data()),
                                              static_cast<std::streamsize>(bytes.size()));
  return path;
}

}  // namespace weir::test

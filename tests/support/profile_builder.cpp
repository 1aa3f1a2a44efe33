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
  c.peak_number = header.peak_number[static_cast<std::size_t>(sites_[site].space)];
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

std::vector<std::byte> ProfileBuilder::bytes() const {
  Layout layout{1024, 1};
  layout.add_table(ChunkKind::Nodes, nodes_);
  layout.add_table(ChunkKind::Sites, sites_);
  for (const auto& [shard, table] : counters_) layout.add_table(ChunkKind::Counters, table, shard);
  layout.add_table(ChunkKind::Samples, samples_);
  layout.add_table(ChunkKind::Modules, modules_);
  if (!timeline_.empty()) layout.add_table(ChunkKind::Timeline, timeline_);
  if (!errors_.empty()) layout.add_table(ChunkKind::Errors, errors_);
  if (header.host_stats_take != 0)
    layout.add_chunk({ChunkKind::HostStats, 0, 0, (header.host_stats_take - 1) % 2, 1}, &stats,
                     sizeof(stats));
  Header full = header;
  full.node_count = static_cast<std::uint32_t>(nodes_.size());
  full.site_count = static_cast<std::uint32_t>(sites_.size());
  full.module_count = static_cast<std::uint32_t>(modules_.size());
  full.shard_count = counters_.empty() ? 1 : counters_.rbegin()->first + 1U;
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
  out.count_blocks(device, 4096, 2, 1);
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
  out.header.losses.stacks_truncated = 3;
  put_text(out.header.warnings, "WEIR_FILL has no effect in this version\n");
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

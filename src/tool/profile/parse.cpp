// From bytes to a Profile: the header's checks, then each table in turn.
#include <fmt/format.h>

#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {
namespace {

std::uint32_t version_of(std::span<const std::byte> file) noexcept {
  std::uint32_t version = 0;
  std::memcpy(&version, file.data() + offsetof(profile::Header, version), sizeof(version));
  return version;
}

/// The header, of a file that has one we can read.
profile::Header header_of(std::span<const std::byte> file, const std::string& name) {
  if (file.empty()) throw Error{fmt::format("{} is empty, not a weir profile", name)};
  if (!has_magic(file)) throw Error{fmt::format("{} is not a weir profile", name)};
  constexpr std::size_t kVersionEnd = offsetof(profile::Header, version) + sizeof(std::uint32_t);
  if (file.size() < kVersionEnd)
    throw Error{fmt::format("{} is cut short: its header is not complete", name)};
  const std::uint32_t version = version_of(file);
  if (version > profile::kFormatVersion)
    throw Error{fmt::format("{} was written by a newer weir (format {}; this one reads up to {})", name,
                            version, profile::kFormatVersion)};
  if (version == 0) throw Error{fmt::format("{} is damaged: its format version is 0", name)};
  const std::size_t bytes = version == 1   ? profile::kHeaderBytesV1
                            : version == 2 ? profile::kHeaderBytesV2
                            : version < 5  ? profile::kHeaderBytesV4
                            : version == 5 ? profile::kHeaderBytesV5
                                           : sizeof(profile::Header);
  if (file.size() < bytes) throw Error{fmt::format("{} is cut short: its header is not complete", name)};
  profile::Header header{};
  std::memcpy(&header, file.data(), bytes);
  if (header.header_bytes != bytes || header.chunk_bytes != profile::kChunkBytes || header.max_chunks < 2 ||
      header.used_chunks > header.max_chunks || header.max_chunks > (1ULL << 40))
    throw Error{fmt::format("{} is damaged: its header contradicts itself", name)};
  return header;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end != at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// What a profile of one process says where merged ones tell processes apart.
void describe_itself(Profile& out, const std::string& name) {
  for (Site& site : out.sites) site.most_live_bytes = site.counts.live_bytes;
  if (out.host_stats) {
    const SpaceTotals& host = out.spaces[0];
    out.host_stats->tagged_blocks = out.is_sampled() ? out.live_samples : host.counts.live_blocks;
    out.host_stats->inherited_bytes = host.inherited.live_bytes;
    out.host_stats->inherited_variance = host.inherited.spread.live_bytes;
  }
  Member self{.process = out.process, .profile = name, .record_mode = out.record_mode, .spaces = {}};
  std::copy(std::begin(out.spaces), std::end(out.spaces), std::begin(self.spaces));
  for (const profile::ErrorRecord& error : out.errors) self.errors += std::min(error.times, kLargestHonest);
  for (const profile::OutOfMemoryRecord& record : out.out_of_memory) self.out_of_memory += record.times;
  self.warnings = out.warnings.size() + out.damage.size();
  self.lost = records_dropped(out.losses);
  out.members.push_back(std::move(self));
}

}  // namespace

std::uint64_t records_dropped(const profile::LossCounters& losses) noexcept {
  std::uint64_t sum = losses.sites_dropped;
  for (const std::uint64_t more :
       {losses.counters_dropped, losses.errors_dropped, losses.cuda_blocks_dropped})
    if (__builtin_add_overflow(sum, more, &sum)) sum = ~std::uint64_t{0};
  return sum;
}

bool has_magic(std::span<const std::byte> file) noexcept {
  return file.size() >= profile::kMagic.size() &&
         std::memcmp(file.data(), profile::kMagic.data(), profile::kMagic.size()) == 0;
}

Profile parse(std::span<const std::byte> file, const std::string& name) {
  if (has_merged_magic(file)) return parse_merged(file, name);
  const profile::Header header = header_of(file, name);
  Damage damage;
  Profile out;
  read_process(header, name, out);
  out.record_mode = header.record_mode;
  out.sample_every = honest(header.sample_every) ? header.sample_every : 0;
  out.stack_depth = header.stack_depth;
  out.allocator = text_of(header.allocator);
  out.unwinder = text_of(header.unwinder);
  out.weir_version = text_of(header.weir_version);
  out.own_bytes = header.own_bytes;
  out.losses = header.losses;
  out.warnings = lines_of(text_of(header.warnings));

  const Chunks chunks{file, header, damage};
  read_modules(chunks, out, damage);
  read_nodes(chunks, out, damage);
  read_sites(chunks, header, out, damage);
  sum_counters(chunks, header, out, damage);
  if (out.is_sampled()) sum_spreads(chunks, header, out, damage);
  sum_spaces(header, out, damage);
  read_timeline(chunks, header, out, damage);
  read_host_stats(chunks, header, out, damage);
  read_errors(chunks, out, damage);
  read_cuda(chunks, header, out, damage);
  read_pools(chunks, out, damage);
  read_out_of_memory(chunks, out, damage);
  read_scan(header, chunks, out, damage);
  out.damage = damage.lines();
  describe_itself(out, name);
  return out;
}

}  // namespace weir::tool

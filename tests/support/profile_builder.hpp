// Makes the bytes of profiles for tests, valid ones and then whatever a test does to them.
//
// Each table is laid out as core lays it out; sites, nodes and modules get their numbers in the order of adding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/profile/format.hpp"

namespace weir::test {

class ProfileBuilder {
 public:
  ProfileBuilder();

  /// Fields of the header that no other function fills; chunk counts are set by bytes().
  profile::Header header{};
  profile::HostStatsRecord stats{};  ///< written when header.host_stats_take is not 0

  std::uint32_t add_module(const std::string& path, std::uint64_t base, std::uint64_t begin,
                           std::uint64_t end, const std::string& build_id = {});
  std::uint32_t add_node(std::uint64_t pc, std::uint32_t parent, std::uint32_t module);
  /// `stack` is pcs, oldest first, all in `module`.
  std::uint32_t add_stack(const std::vector<std::uint64_t>& stack, std::uint32_t module);
  std::uint32_t add_site(std::uint32_t node, profile::Space space = profile::Space::Host,
                         std::uint16_t flags = 0);
  /// A site of CUDA memory.
  std::uint32_t add_site(std::uint32_t node, profile::Space space, profile::MemoryKind kind,
                         std::uint8_t device);
  /// What shard `shard` counted at a site; shard kCuda: what was counted for all threads.
  static constexpr std::uint16_t kCuda = 0xffff;
  void count(std::uint32_t site, const profile::CounterRecord& counters, std::uint16_t shard = 1);
  /// Blocks of `each` bytes allocated and of those some freed, with fitting peaks.
  void count_blocks(std::uint32_t site, std::uint64_t each, std::uint64_t allocated, std::uint64_t freed,
                    std::uint16_t shard = 1);
  /// How sure the counts of a site are; makes the profile one of sampled mode.
  void sample(std::uint32_t site, const profile::SampleRecord& record);
  void add_point(const profile::TimelineRecord& point);
  void add_error(profile::ErrorRecord error);
  void add_device(std::uint8_t ordinal, const std::string& name, profile::DeviceRecord record);
  void add_release(profile::ReleaseRecord record);
  void add_unhooked(const std::string& name, std::uint32_t route, const std::string& why,
                    std::uint64_t times);
  void add_deepbind(const std::string& path, std::uint64_t times);

  /// The pool of pinned memory (record.space), or of record.device.
  void add_pool(profile::PoolRecord record, std::vector<profile::PoolClassRecord> classes = {});
  void add_out_of_memory(profile::OutOfMemoryRecord record);
  /// The look through the heap, and what it says of a site.
  void scan(profile::ScanRecord record);
  void judge(std::uint32_t site, const profile::VerdictRecord& record);
  void walked_class(const profile::SizeClassRecord& record);

  [[nodiscard]] std::vector<std::byte> bytes() const;

 private:
  std::vector<profile::NodeRecord> nodes_;
  std::vector<profile::SiteRecord> sites_;
  std::vector<profile::ModuleRecord> modules_;
  std::vector<profile::TimelineRecord> timeline_;
  std::vector<profile::ErrorRecord> errors_;
  std::map<std::uint16_t, std::vector<profile::CounterRecord>> counters_;  ///< by shard, then site
  std::vector<profile::SampleRecord> samples_;                             ///< by site
  std::vector<profile::DeviceRecord> devices_;                             ///< by ordinal
  std::vector<profile::ReleaseRecord> releases_;
  std::vector<profile::PoolRecord> pools_;  ///< by number
  std::map<std::uint32_t, std::vector<profile::PoolClassRecord>> pool_classes_;
  std::vector<profile::OutOfMemoryRecord> out_of_memory_;
  std::vector<profile::VerdictRecord> verdicts_;  ///< by site
  std::uint32_t walked_classes_ = 0;
  std::vector<profile::UnhookedRecord> unhooked_;
  std::vector<profile::DeepbindRecord> deepbinds_;
};

/// A profile with something in every table: two leaks, freed sites, another space, a timeline, statistics, an error, a
/// device, a release, what was not hooked.
[[nodiscard]] ProfileBuilder full_profile();

/// A program with CUDA memory of every kind on two devices, by itself and by libraries; leaks of 3 MiB in 2 blocks on device 0,
/// of 4,096 bytes pinned, of 100 bytes on the host; 8 KiB released with a context.
[[nodiscard]] ProfileBuilder cuda_profile();

/// What cuda_profile() has, with pools of device 0 (strict) and of pinned memory (deferred), and memory that ran out on device 0.
[[nodiscard]] ProfileBuilder pools_profile();

/// A process whose heap was looked through: a site with 3 direct, 2 indirect and 5 reachable blocks of 100 bytes, a reachable one
/// that pins slabs, one that was not judged, and one of device memory.
[[nodiscard]] ProfileBuilder judged_profile();

/// Sampled every 4 KiB: one site with a leak, one with everything freed.
[[nodiscard]] ProfileBuilder sampled_profile();

/// Puts text into a zero-terminated field of the header.
template <std::size_t N>
void put_text(char (&field)[N], const std::string& text) {
  for (std::size_t i = 0; i != N; ++i) field[i] = i < text.size() && i + 1 < N ? text[i] : '\0';
}

/// Writes bytes to a new file below the test's temporary directory; gives its path.
[[nodiscard]] std::string write_temporary(const std::string& name, const std::vector<std::byte>& bytes);

}  // namespace weir::test

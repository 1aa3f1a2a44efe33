// The directory of a merged profile, and what the parts of its reader share.
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tool/profile/damage.hpp"
#include "tool/profile/merged_format.hpp"
#include "tool/profile/tables.hpp"

namespace weir::tool {

class MergedTables {
 public:
  /// Throws Error for a file that has no directory we can read.
  MergedTables(std::span<const std::byte> file, const std::string& name, Damage& damage);

  /// The whole records of a table that lie in the file.
  template <class Record>
  [[nodiscard]] std::vector<Record> of(merged::Table table) {
    const std::span<const std::byte> bytes = bytes_of(table, sizeof(Record));
    std::vector<Record> out(bytes.size() / sizeof(Record));
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }

  [[nodiscard]] std::string text(merged::Text place);
  [[nodiscard]] Damage& damage() noexcept { return damage_; }

 private:
  [[nodiscard]] std::span<const std::byte> bytes_of(merged::Table table, std::size_t each);

  std::span<const std::byte> file_;
  Damage& damage_;
  merged::TableEntry entries_[merged::kTables]{};
};

/// Timeline, misuses, devices, releases, pools, out of memory.
void read_merged_events(MergedTables& tables, Profile& out);

/// The looks through heaps, and their verdicts; the sites are known.
void read_merged_scan(MergedTables& tables, Profile& out);
[[nodiscard]] std::optional<merged::ScanRecord> scan_record(const Profile& profile);
[[nodiscard]] std::optional<merged::FailedLooksRecord> failed_looks_record(const Profile& profile);
[[nodiscard]] std::vector<merged::VerdictRecord> verdict_records(const Profile& profile);

}  // namespace weir::tool

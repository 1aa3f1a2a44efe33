// The profile that a living process writes, found by the process's number, and asking that process for something.
#pragma once

#include <cstdint>
#include <string>

#include "core/profile/format.hpp"

namespace weir::tool {

/// That process's own header, mapped: what is written there, it reads. Nobody else's memory is touched, and no process stopped.
class LiveProfile {
 public:
  /// Throws Error where there is no such process, it cannot be looked at, or it writes no profile to a file.
  explicit LiveProfile(std::uint32_t pid);
  ~LiveProfile();
  LiveProfile(const LiveProfile&) = delete;
  LiveProfile& operator=(const LiveProfile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const profile::Header& header() const noexcept { return *header_; }

  /// Asks; the process answers when it next looks at the clock, which is every 1,024 allocations and frees of a thread.
  void ask(profile::Request what) noexcept;
  /// Waits for the answer. False: none came in so many seconds.
  [[nodiscard]] bool await(double seconds) const;
  [[nodiscard]] bool lives() const;

 private:
  std::uint32_t pid_;
  std::string path_;
  profile::Header* header_ = nullptr;
};

}  // namespace weir::tool

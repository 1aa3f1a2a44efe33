// A bar with counts on stderr, for work that takes more than a second in front of a terminal.
#pragma once

#include <chrono>
#include <cstddef>

namespace weir::tool {

class Progress {
 public:
  /// `what` names the counted things: "addresses".
  Progress(const char* what, std::size_t total);
  ~Progress();  ///< wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::size_t by = 1);

 private:
  using Clock = std::chrono::steady_clock;
  const char* what_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace weir::tool

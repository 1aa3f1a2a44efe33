// Drawing the bar.
#include "tool/symbolize/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace weir::tool {

Progress::Progress(const char* what, std::size_t total)
    : what_{what},
      total_{total},
      terminal_{isatty(STDERR_FILENO) == 1},
      next_{Clock::now() + std::chrono::seconds{1}} {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r{:70}\r", "");
}

void Progress::advance(std::size_t by) {
  done_ += by;
  if (!terminal_ || total_ == 0) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds{100};
  constexpr std::size_t kCells = 30;
  const std::size_t filled = kCells * done_ / total_;
  fmt::print(stderr, "\rweir: [{:=<{}}{: <{}}] {}/{} {}", "", filled, "", kCells - filled, done_, total_,
             what_);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace weir::tool

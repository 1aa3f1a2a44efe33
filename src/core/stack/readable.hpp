// Which stack memory may be read: a wrong frame (a fiber's bottom, a smashed stack) must not lead into unmapped pages.
#pragma once

#include <cstdint>

namespace weir::stack {

/// Pages of one stack that were seen to be mapped: [begin, end). All zero: none.
struct KnownStack {
  std::uintptr_t begin, end;
};

/// The words that one capture may read, from its first slot upwards. What it learns is kept for the next capture.
class Readable {
 public:
  Readable(KnownStack& known, std::uintptr_t first_slot) noexcept : known_{known}, first_{first_slot} {
    if (first_slot < known.begin || first_slot >= known.end) [[unlikely]]
      move_to(first_slot);
  }

  /// What has() knows without asking the kernel.
  [[nodiscard]] const KnownStack& known() const noexcept { return known_; }

  /// True if the aligned word at `at` may be read. Asks the kernel once a page.
  [[nodiscard]] bool has(std::uintptr_t at) noexcept {
    if (at >= known_.begin && at < known_.end) [[likely]]
      return at % sizeof(std::uintptr_t) == 0;
    return extend_to(at);
  }

  /// The same for a word that no call frame information led to: the kernel is asked anew, since what was mapped once need
  /// not be mapped now.
  [[nodiscard]] bool has_indeed(std::uintptr_t at) noexcept;

  /// Goes on on another stack (above a signal frame).
  void move_to(std::uintptr_t slot) noexcept;

 private:
  [[nodiscard]] bool extend_to(std::uintptr_t at) noexcept;
  KnownStack& known_;
  std::uintptr_t first_;  ///< where this capture began, or went on
};

}  // namespace weir::stack

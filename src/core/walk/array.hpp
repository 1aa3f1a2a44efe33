// An array in pages of weir's own, for a look through the heap. Its length is known beforehand; what is never touched costs
// nothing. Zeroed.
#pragma once

#include <cstddef>

#include "core/base/bits.hpp"
#include "core/platform/platform.hpp"

namespace weir::walk {

template <class T>
class Array {
 public:
  constexpr Array() noexcept = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() {
    if (base_ != nullptr) platform::unmap(base_, bytes_);
  }

  /// Once. False: no memory.
  [[nodiscard]] bool make(std::size_t count) noexcept { return make(count, platform::map_pages); }
  /// Of which nearly all will be used.
  [[nodiscard]] bool make_whole(std::size_t count) noexcept { return make(count, platform::map_table); }

  [[nodiscard]] T* data() const noexcept { return base_; }
  [[nodiscard]] T& operator[](std::size_t i) const noexcept { return base_[i]; }

 private:
  [[nodiscard]] bool make(std::size_t count, void* (*map)(std::size_t) noexcept) noexcept {
    bytes_ = align_up((count == 0 ? 1 : count) * sizeof(T), platform::kPageBytes);
    base_ = static_cast<T*>(map(bytes_));
    return base_ != nullptr;
  }

  T* base_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace weir::walk

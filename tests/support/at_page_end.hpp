// Bytes that end where the readable memory ends: a read beyond them is a fault.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace weir::test {

class AtPageEnd {
 public:
  explicit AtPageEnd(std::span<const std::uint8_t> content) {
    readable_ = content.size() / kPage * kPage + kPage;
    base_ = static_cast<std::uint8_t*>(
        mmap(nullptr, readable_ + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + readable_, kPage, PROT_NONE);
    begin_ = end() - content.size();
    if (!content.empty()) std::memcpy(begin_, content.data(), content.size());
  }
  ~AtPageEnd() { munmap(base_, readable_ + kPage); }
  AtPageEnd(const AtPageEnd&) = delete;
  AtPageEnd& operator=(const AtPageEnd&) = delete;

  [[nodiscard]] const std::uint8_t* begin() const { return begin_; }
  [[nodiscard]] std::uint8_t* end() const { return base_ + readable_; }

 private:
  static constexpr std::size_t kPage = 4096;
  std::uint8_t* base_;
  std::size_t readable_;
  std::uint8_t* begin_;
};

}  // namespace weir::test

// Text in the caller's bytes: what does not fit is cut, nothing is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

class TextBuffer {
 public:
  explicit TextBuffer(std::span<char> out) noexcept : out_{out} {}

  TextBuffer& operator<<(std::string_view text) noexcept {
    for (const char c : text) put(c);
    return *this;
  }
  TextBuffer& operator<<(std::uint64_t number) noexcept {
    char digits[20];
    std::size_t n = 0;
    do digits[n++] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    while (n != 0) put(digits[--n]);
    return *this;
  }
  TextBuffer& operator<<(int number) noexcept {
    if (number < 0) put('-');
    const std::int64_t wide = number;
    return *this << static_cast<std::uint64_t>(wide < 0 ? -wide : wide);
  }
  void put(char c) noexcept {
    if (used_ < out_.size())
      out_[used_++] = c;
    else
      cut_ = true;
  }

  [[nodiscard]] std::string_view view() const noexcept { return {out_.data(), used_}; }
  [[nodiscard]] bool cut() const noexcept { return cut_; }

  /// The text as a C string; the last byte is given up for the terminator when the buffer is full.
  [[nodiscard]] const char* c_str() noexcept {
    if (out_.empty()) return "";
    if (used_ == out_.size()) --used_, cut_ = true;
    out_[used_] = '\0';
    return out_.data();
  }

 private:
  std::span<char> out_;
  std::size_t used_ = 0;
  bool cut_ = false;
};

/// Copies into a fixed field that was zero; returns the bytes kept.
inline std::size_t copy_text(std::span<char> field, std::string_view text) noexcept {
  const std::size_t kept = text.size() < field.size() ? text.size() : field.size();
  for (std::size_t i = 0; i != kept; ++i) field[i] = text[i];
  return kept;
}

}  // namespace weir

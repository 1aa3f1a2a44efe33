// Reads the encodings of .eh_frame and .eh_frame_hdr.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir::stack {

/// A place in mapped bytes. Reading past `end` gives zeros and sets `bad`.
class Cursor {
 public:
  Cursor(const std::uint8_t* at, const std::uint8_t* end) noexcept : at_{at}, end_{end} {}

  template <class T>
  T fixed() noexcept {
    T value{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof(T)) {
      fail();
      return value;
    }
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  std::uint64_t uleb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<std::uint8_t>();
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0 || bad_) return value;
    }
  }

  std::int64_t sleb() noexcept {
    std::uint64_t value = 0;
    unsigned shift = 0;
    std::uint8_t byte;
    do {
      byte = fixed<std::uint8_t>();
      if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
    } while ((byte & 0x80) != 0 && !bad_);
    if (shift < 64 && (byte & 0x40) != 0) value |= ~std::uint64_t{0} << shift;
    return static_cast<std::int64_t>(value);
  }

  /// A pointer in DW_EH_PE encoding `how`; `data_base` is what "data relative" is relative to.
  std::uintptr_t pointer(std::uint8_t how, std::uintptr_t data_base) noexcept {
    const auto place = reinterpret_cast<std::uintptr_t>(at_);
    const std::uintptr_t value = raw(how & 0x0f);
    if (value == 0 || bad_) return 0;
    switch (how & 0x70) {
      case 0x00: return value;
      case 0x10: return value + place;      // DW_EH_PE_pcrel
      case 0x30: return value + data_base;  // DW_EH_PE_datarel
      default: fail(); return 0;
    }
  }

  void skip(std::uint64_t bytes) noexcept {
    if (bytes > static_cast<std::uint64_t>(end_ - at_)) return fail();
    at_ += bytes;
  }
  /// The next `bytes` bytes alone; nothing where they go beyond the end.
  [[nodiscard]] Cursor part(std::uint64_t bytes) const noexcept {
    return bytes > static_cast<std::uint64_t>(end_ - at_) ? Cursor{end_, end_} : Cursor{at_, at_ + bytes};
  }
  [[nodiscard]] const std::uint8_t* at() const noexcept { return at_; }
  [[nodiscard]] bool done() const noexcept { return at_ >= end_; }
  [[nodiscard]] bool bad() const noexcept { return bad_; }

 private:
  void fail() noexcept {
    bad_ = true;
    at_ = end_;
  }
  std::uintptr_t raw(unsigned format) noexcept {
    switch (format) {
      case 0x00: return fixed<std::uintptr_t>();  // DW_EH_PE_absptr
      case 0x01: return uleb();
      case 0x02: return fixed<std::uint16_t>();
      case 0x03: return fixed<std::uint32_t>();
      case 0x04: return fixed<std::uint64_t>();
      case 0x09: return static_cast<std::uintptr_t>(sleb());
      case 0x0a: return static_cast<std::uintptr_t>(static_cast<std::intptr_t>(fixed<std::int16_t>()));
      case 0x0b: return static_cast<std::uintptr_t>(static_cast<std::intptr_t>(fixed<std::int32_t>()));
      case 0x0c: return static_cast<std::uintptr_t>(fixed<std::int64_t>());
      default: fail(); return 0;
    }
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool bad_ = false;
};

}  // namespace weir::stack

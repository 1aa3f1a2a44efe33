#include <algorithm>
#include <cctype>
#include <cstring>

#include "module/ptx.hpp"

namespace simcuda::module {
namespace {

constexpr std::uint32_t kWrapper = 0x466243b1;    // fatbinary_section.h: FATBINC_MAGIC
constexpr std::uint32_t kFatBinary = 0xba55ed50;  // what nvcc --fatbin writes first
constexpr char kElf[] = "\177ELF";

// As fatbinary_section.h declares it.
struct Wrapper {
  std::int32_t magic, version;
  const void* data;
  void* filename_or_fatbins;
};

// The first bytes of a fat binary as nvcc writes it: how long it is.
struct FatHeader {
  std::uint32_t magic;
  std::uint16_t version, header_bytes;
  std::uint64_t bytes;
};

template <typename T>
T peek(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// The first PTX text that lies uncompressed in the bytes.
std::string find_text(const char* bytes, std::size_t count) {
  static constexpr std::string_view start = ".version ", wanted = ".target ";
  const std::string_view all(bytes, count);
  for (std::size_t at = all.find(start); at != all.npos; at = all.find(start, at + 1)) {
    std::size_t end = at;
    while (end < count && (std::isprint(static_cast<unsigned char>(bytes[end])) != 0 ||
                           std::isspace(static_cast<unsigned char>(bytes[end])) != 0))
      ++end;
    const std::string_view text = all.substr(at, end - at);
    if (text.find(wanted) != text.npos) return std::string(text);
  }
  return {};
}

}  // namespace

bool read_image(const void* image, Image& result) {
  if (image == nullptr) return false;
  if (peek<std::uint32_t>(image) == kWrapper) image = peek<Wrapper>(image).data;
  if (image == nullptr) return false;
  if (peek<std::uint32_t>(image) == kFatBinary) {
    const auto header = peek<FatHeader>(image);
    result.ptx = find_text(static_cast<const char*>(image) + header.header_bytes, header.bytes);
    result.opaque = result.ptx.empty();
    return true;
  }
  if (std::memcmp(image, kElf, 4) == 0) {
    result.opaque = true;
    return true;
  }
  const char* text = static_cast<const char*>(image);
  result.ptx.assign(text, std::strlen(text));
  result.opaque = false;
  return result.ptx.find(".version") != std::string::npos;
}

}  // namespace simcuda::module

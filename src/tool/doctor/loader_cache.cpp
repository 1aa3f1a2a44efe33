// The format that glibc's ldconfig writes since 2.2, alone or behind the older one:
//
//   │ "glibc-ld.so.cache1.1" │ entries │ bytes of texts │ 5 words │ entries of 24 bytes │ texts … │
//                                                                   flags, name, path, …
//
// Places of texts count from the magic on.
#include "tool/doctor/loader_cache.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

namespace weir::tool {
namespace {

constexpr std::string_view kMagic{"glibc-ld.so.cache1.1"};
constexpr std::size_t kHead = 48, kEntry = 24;

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t out = 0;
  std::memcpy(&out, bytes.data() + at, sizeof(out));
  return out;
}

std::string text_from(std::string_view bytes, std::uint32_t at) {
  if (at >= bytes.size()) return {};
  const std::size_t end = bytes.find('\0', at);
  return end == std::string_view::npos ? std::string{} : std::string{bytes.substr(at, end - at)};
}

}  // namespace

LoaderCache parse_loader_cache(std::string_view bytes) {
  LoaderCache out;
  const std::size_t start = bytes.find(kMagic);
  if (start == std::string_view::npos) return out;
  bytes.remove_prefix(start);
  if (bytes.size() < kHead) return out;
  const std::size_t room = (bytes.size() - kHead) / kEntry;
  const std::size_t entries = std::min<std::size_t>(word_at(bytes, kMagic.size()), room);
  for (std::size_t i = 0; i != entries; ++i) {
    const std::size_t at = kHead + i * kEntry;
    std::string name = text_from(bytes, word_at(bytes, at + 4));
    std::string path = text_from(bytes, word_at(bytes, at + 8));
    if (!name.empty() && path.starts_with('/')) out.emplace(std::move(name), std::move(path));
  }
  return out;
}

LoaderCache read_loader_cache(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  return parse_loader_cache(bytes);
}

}  // namespace weir::tool

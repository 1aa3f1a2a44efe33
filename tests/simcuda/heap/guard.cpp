#include "heap/guard.hpp"

#include <algorithm>
#include <cstring>

#include "base/environment.hpp"
#include "fault/violation.hpp"

namespace simcuda {
namespace {

constexpr size_t kMostRedzone = 4096;

// The first byte that is not the pattern; count: none.
size_t first_other(const std::byte* bytes, size_t count, std::byte pattern) {
  return static_cast<size_t>(std::find_if(bytes, bytes + count, [&](std::byte b) { return b != pattern; }) -
                             bytes);
}

size_t watched(const Block& block, size_t place) { return std::min(place - block.bytes, kMostRedzone); }

}  // namespace

size_t redzone_bytes() {
  static const size_t bytes = std::min(environment_bytes("SIMCUDA_REDZONE", 0), kMostRedzone);
  return bytes;
}

void fill_redzone(const Block& block, size_t place) {
  std::memset(block.backing + block.bytes, static_cast<int>(kRedzone), watched(block, place));
}

bool check_redzone(const Block& block, size_t place) {
  const size_t count = watched(block, place);
  const size_t hit = first_other(block.backing + block.bytes, count, kRedzone);
  if (hit == count) return true;
  violation("overrun: byte %zu behind the %zu bytes at 0x%llx was written", hit, block.bytes, block.base);
  return false;
}

void poison(std::byte* bytes, size_t count) { std::memset(bytes, static_cast<int>(kPoison), count); }

bool check_poison(const std::byte* bytes, size_t count, CUdeviceptr address) {
  const size_t hit = first_other(bytes, count, kPoison);
  if (hit == count) return true;
  violation("write after free: byte 0x%llx was written after its block was freed", address + hit);
  return false;
}

}  // namespace simcuda

#include "device/device.hpp"

#include <algorithm>

#include "base/environment.hpp"
#include "device/context.hpp"

namespace simcuda {
namespace {

constexpr size_t kDefaultMemory = size_t{16} << 30;
constexpr long kMostDevices = 64;

// "8G" is the size of each; "8G,4G" is one each, the last for all that follow.
size_t memory_of(int ordinal) {
  const auto sizes = split(environment("SIMCUDA_MEMORY"), ',');
  if (sizes.empty()) return kDefaultMemory;
  const auto& text = sizes[std::min(static_cast<size_t>(ordinal), sizes.size() - 1)];
  return bytes_of(text.c_str(), kDefaultMemory);
}

std::vector<Device> build() {
  const long count = std::clamp(environment_number("SIMCUDA_DEVICES", 1), 0L, kMostDevices);
  std::vector<Device> all(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    all[i].ordinal = i;
    all[i].memory = memory_of(i);
    all[i].primary = new_primary_context(i);
  }
  return all;
}

}  // namespace

std::vector<Device>& devices() {
  static auto& all = *new std::vector<Device>(build());
  return all;
}

Device* device_of(CUdevice number) {
  auto& all = devices();
  return number < 0 || static_cast<size_t>(number) >= all.size() ? nullptr : &all[number];
}

bool can_access_peer(int from, int to) {
  if (from == to) return false;
  const char* text = environment("SIMCUDA_PEERS");
  if (text == nullptr || std::string(text) == "all") return true;
  const std::string one = std::to_string(from) + "-" + std::to_string(to);
  const std::string other = std::to_string(to) + "-" + std::to_string(from);
  const auto pairs = split(text, ',');
  return std::any_of(pairs.begin(), pairs.end(),
                     [&](const auto& pair) { return pair == one || pair == other; });
}

bool take_physical(Device& device, size_t bytes) {
  if (bytes > device.memory - device.used) return false;
  device.used += bytes;
  return true;
}

void return_physical(Device& device, size_t bytes) { device.used -= bytes; }

}  // namespace simcuda

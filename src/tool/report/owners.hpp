// To which library a block of CUDA memory belongs: the one that asked the driver, or CUDA's runtime, for it.
#pragma once

#include <string>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

/// One library's, or the program's, memory in one space.
struct Owned {
  std::string owner;
  Space space = Space::Device;
  std::vector<std::string> modules;  ///< paths of its files, each once
  Counts counts;
  std::uint64_t at_peak_bytes = 0;
};

/// "NCCL", "cuBLAS" … for files that are known by name; "the program"; else the file's name without its version.
[[nodiscard]] std::string owner_name(const std::string& path, const Process& process);

/// All CUDA memory: device, managed, pinned, imported; in each the largest at the peak first.
[[nodiscard]] std::vector<Owned> owned_memory(const Profile& profile);

}  // namespace weir::tool

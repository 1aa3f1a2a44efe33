// A live process's profile, read several times.
#pragma once

#include <optional>
#include <string>

#include "tool/growth/growth.hpp"

namespace weir::tool {

struct Watched {
  Profile profile;               ///< as it was read last
  std::optional<Growth> growth;  ///< none: there was nothing to watch
  std::string why_not;           ///< where the profile itself does not say it
};

/// Reads the file once, and where a live process writes it again and again for so long.
[[nodiscard]] Watched watch(const std::string& path, double seconds);

}  // namespace weir::tool

// The options that libweir.so would take from an environment.
#pragma once

#include <string>
#include <vector>

#include "core/config/config.hpp"

namespace weir::tool {

[[nodiscard]] inline config::Config settings_of(const std::vector<std::string>& environment) {
  config::Config out;
  for (const std::string& entry : environment) static_cast<void>(config::apply(out, entry));
  return out;
}

}  // namespace weir::tool

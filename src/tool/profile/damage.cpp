// Counting and wording of what was wrong with a file.
#include "tool/profile/damage.hpp"

#include <fmt/format.h>

#include <cstring>

namespace weir::tool {

void Damage::note(const char* what) {
  for (auto& [text, times] : seen_) {
    if (std::strcmp(text, what) != 0) continue;
    ++times;
    return;
  }
  seen_.emplace_back(what, 1);
}

std::vector<std::string> Damage::lines() const {
  std::vector<std::string> out;
  for (const auto& [text, times] : seen_)
    out.push_back(times == 1 ? fmt::format("the file is damaged: {}", text)
                             : fmt::format("the file is damaged: {} ({} times)", text, times));
  return out;
}

}  // namespace weir::tool

// What a reader found wrong with a file, said once per kind however often it was met.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir::tool {

class Damage {
 public:
  /// `what` is a whole sentence without its full stop.
  void note(const char* what);
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::vector<std::pair<const char*, std::uint64_t>> seen_;
};

}  // namespace weir::tool

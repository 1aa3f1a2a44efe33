// Profiles of many processes into one.
//
// Sites are joined where their frames are the same places of the same modules (by build id, else by path, size and time of
// the file), wherever those were mapped, and their memory is of the same space, device and kind. Sums are exact, or
// stay at the largest number. Merging merged profiles is merging what they were made of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tool/profile/profile.hpp"

namespace weir::tool {

class Merger {
 public:
  Merger();
  ~Merger();
  Merger(const Merger&) = delete;
  Merger& operator=(const Merger&) = delete;

  /// False: one of its processes is in already, and nothing was added.
  [[nodiscard]] bool add(const Profile& profile);
  /// Processes so far.
  [[nodiscard]] std::size_t processes() const noexcept;
  /// What the report shall say of all processes.
  void warn(const std::string& line);

  /// The merged profile, once; at least one was added.
  [[nodiscard]] Profile finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::tool

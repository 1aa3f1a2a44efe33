// What kernels do: functions of the test that stand for them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/control.h"
#include "module/module.hpp"

namespace simcuda::module {

// A launch as it waits in a stream or lies in a graph. The parameters are packed as the module lays them out.
struct Launch {
  FunctionRef function;
  unsigned grid[3] = {1, 1, 1};
  unsigned block[3] = {1, 1, 1};
  unsigned shared_bytes = 0;
  std::vector<Parameter> layout;
  std::vector<std::byte> packed;
};

// Takes the parameters of a launch out of what the caller gave: an array of pointers, or a packed block in `extra`.
CUresult pack(Launch& launch, void** parameters, void** extra);

// Runs the kernel's model on the calling thread.
CUresult run_model(const Launch& launch);

bool is_blocked(const std::string& kernel);

// What a launch touches, where a test has said so: addresses and bytes.
std::vector<std::pair<std::uint64_t, std::uint64_t>> declared_touches(const Launch& launch);

}  // namespace simcuda::module

#include "module/models.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

#include "base/lock.hpp"
#include "base/log.hpp"
#include "device/context.hpp"
#include "engine/control.hpp"
#include "fault/violation.hpp"
#include "heap/blocks.hpp"

namespace simcuda::module {
namespace {

struct Model {
  simcuda_kernel function = nullptr;
  void* user = nullptr;
};

struct Models {
  std::mutex lock;
  std::map<std::string, Model> by_name;
  std::map<std::string, std::vector<Parameter>> parameters;
  std::map<std::string, std::vector<std::pair<unsigned, unsigned>>> touches;  // numbers of parameters
  std::set<std::string> blocked;
  std::map<std::string, unsigned long long> launches;
  unsigned long long without_model = 0;
};

Models& models() {
  static Models& all = *new Models;  // never destroyed
  return all;
}

thread_local bool illegal_access = false;

// "scale" for _Z5scalePfi, and for _Z5scaleIfEvPT_i; the name itself when it is not C++'s.
std::string source_name(const std::string& name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (text == nullptr) return name;
  std::string all = text;
  std::free(text);
  all = all.substr(0, all.find('('));
  const std::size_t arguments = all.find('<');
  if (arguments != all.npos) {
    const std::size_t space = all.rfind(' ', arguments);
    all = all.substr(space == all.npos ? 0 : space + 1, arguments - (space == all.npos ? 0 : space + 1));
  }
  return all;
}

template <typename Map>
auto find_by_name(Map& map, const std::string& name) {
  const auto exact = map.find(name);
  return exact != map.end() ? exact : map.find(source_name(name));
}

std::vector<Parameter> layout_of(const Code& code) {
  if (code.parameters_known) return code.parameters;
  const std::lock_guard guard(models().lock);
  const auto found = find_by_name(models().parameters, code.name);
  return found == models().parameters.end() ? std::vector<Parameter>{} : found->second;
}

}  // namespace

CUresult pack(Launch& launch, void** parameters, void** extra) {
  launch.layout = layout_of(*launch.function->code);
  const std::size_t bytes =
      launch.layout.empty() ? 0 : launch.layout.back().offset + launch.layout.back().bytes;
  launch.packed.assign(bytes, std::byte{0});
  if (parameters != nullptr && extra != nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (extra != nullptr) {
    const void* from = nullptr;
    std::size_t given = 0;
    for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
      if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) from = extra[1];
      if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) given = *static_cast<const std::size_t*>(extra[1]);
    }
    if (from == nullptr || given < bytes) return CUDA_ERROR_INVALID_VALUE;
    if (launch.layout.empty()) launch.packed.resize(given);
    if (!launch.packed.empty()) std::memcpy(launch.packed.data(), from, launch.packed.size());
    return CUDA_SUCCESS;
  }
  if (parameters == nullptr) return launch.layout.empty() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  for (std::size_t i = 0; i < launch.layout.size(); ++i) {
    if (parameters[i] == nullptr) return CUDA_ERROR_INVALID_VALUE;
    std::memcpy(&launch.packed[launch.layout[i].offset], parameters[i], launch.layout[i].bytes);
  }
  return CUDA_SUCCESS;
}

CUresult run_model(const Launch& launch) {
  const std::string& name = launch.function->code->name;
  Model model;
  {
    const std::lock_guard guard(models().lock);
    ++models().launches[name];
    const auto found = find_by_name(models().by_name, name);
    if (found != models().by_name.end()) model = found->second;
    if (model.function == nullptr) ++models().without_model;
  }
  if (model.function == nullptr) {
    log_line("kernel %s has no model: it touched nothing", name.c_str());
    return CUDA_SUCCESS;
  }
  std::vector<std::byte> packed = launch.packed;
  std::vector<void*> parameters;
  std::vector<std::size_t> sizes;
  for (const Parameter& each : launch.layout) {
    parameters.push_back(packed.data() + each.offset);
    sizes.push_back(each.bytes);
  }
  simcuda_launch seen{};
  seen.name = name.c_str();
  std::copy_n(launch.grid, 3, seen.grid);
  std::copy_n(launch.block, 3, seen.block);
  seen.shared_bytes = launch.shared_bytes;
  seen.parameter_count = static_cast<unsigned>(parameters.size());
  seen.parameters = parameters.data();
  seen.parameter_bytes = sizes.data();
  seen.packed = packed.data();
  seen.packed_bytes = packed.size();
  seen.device = launch.function->context->device;
  illegal_access = false;
  model.function(&seen, model.user);
  return std::exchange(illegal_access, false) ? CUDA_ERROR_ILLEGAL_ADDRESS : CUDA_SUCCESS;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> declared_touches(const Launch& launch) {
  const std::lock_guard guard(models().lock);
  const auto found = find_by_name(models().touches, launch.function->code->name);
  if (found == models().touches.end()) return {};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  const auto word = [&](unsigned parameter) {
    std::uint64_t value = 0;
    if (parameter < launch.layout.size() && launch.layout[parameter].bytes == sizeof value)
      std::memcpy(&value, &launch.packed[launch.layout[parameter].offset], sizeof value);
    return value;
  };
  for (const auto& [address, bytes] : found->second) ranges.emplace_back(word(address), word(bytes));
  return ranges;
}

bool is_blocked(const std::string& kernel) {
  const std::lock_guard guard(models().lock);
  return models().blocked.count(kernel) + models().blocked.count(source_name(kernel)) > 0;
}

}  // namespace simcuda::module

using namespace simcuda::module;

extern "C" {

void simcuda_register_kernel(const char* name, simcuda_kernel model, void* user) {
  const std::lock_guard guard(models().lock);
  models().by_name[name] = {model, user};
}

void simcuda_kernel_parameters(const char* name, unsigned count, const size_t* bytes) {
  std::vector<Parameter> layout;
  std::size_t end = 0;
  for (unsigned i = 0; i < count; ++i) {
    const std::size_t align = bytes[i] % 8 == 0 ? 8 : bytes[i] % 4 == 0 ? 4 : bytes[i] % 2 == 0 ? 2 : 1;
    end = (end + align - 1) / align * align;
    layout.push_back({end, bytes[i]});
    end += bytes[i];
  }
  const std::lock_guard guard(models().lock);
  models().parameters[name] = std::move(layout);
}

void simcuda_kernel_touches(const char* name, unsigned address, unsigned bytes) {
  const std::lock_guard guard(models().lock);
  models().touches[name].emplace_back(address, bytes);
}

void* simcuda_reach(CUdeviceptr address, size_t bytes) {
  // Plain host memory is the host's alone; reach() says what is wrong with everything else.
  // A block freed in stream order is no longer found, but the work before its free still reaches it.
  std::byte* found = simcuda::reach(address, bytes, "a kernel");
  const bool known = found != reinterpret_cast<std::byte*>(address) ||
                     simcuda::locked([&] { return simcuda::find_block(address) != nullptr; });
  if (found != nullptr && !known)
    simcuda::violation("a kernel uses 0x%llx, which is plain host memory", address);
  if (!known) found = nullptr;
  if (found == nullptr) illegal_access = true;
  return found;
}

void simcuda_block_kernel(const char* name, int blocked) {
  {
    const std::lock_guard guard(models().lock);
    if (blocked != 0)
      models().blocked.insert(name);
    else
      models().blocked.erase(name);
  }
  simcuda::engine::poke();
}

unsigned long long simcuda_launches(const char* name) {
  const std::lock_guard guard(models().lock);
  if (name == nullptr) return models().without_model;
  unsigned long long count = 0;
  for (const auto& [kernel, launches] : models().launches)
    if (kernel == name || source_name(kernel) == name) count += launches;
  return count;
}
}

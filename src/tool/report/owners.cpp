#include "tool/report/owners.hpp"

#include <algorithm>
#include <map>

#include "tool/report/context.hpp"

namespace weir::tool {
namespace {

struct Library {
  std::string_view file;  ///< what its name begins with
  std::string_view owner;
};
/// The first that fits.
constexpr Library kLibraries[] = {
    {"libcublas", "cuBLAS"},
    {"libcudnn", "cuDNN"},
    {"libnccl", "NCCL"},
    {"libtorch", "PyTorch"},
    {"libc10", "PyTorch"},
    {"libcufft", "cuFFT"},
    {"libcurand", "cuRAND"},
    {"libcusparse", "cuSPARSE"},
    {"libcusolver", "cuSOLVER"},
    {"libcutensor", "cuTENSOR"},
    {"libnvjpeg", "nvJPEG"},
    {"libnpp", "NPP"},
    {"libnvinfer", "TensorRT"},
    {"libnvshmem", "NVSHMEM"},
    {"libucp", "UCX"},
    {"libucs", "UCX"},
    {"libuct", "UCX"},
    {"libucm", "UCX"},
    {"libmpi", "MPI"},
    {"libfabric", "libfabric"},
    {"libtensorflow", "TensorFlow"},
    {"_pywrap_tensorflow", "TensorFlow"},
    {"libjax", "JAX"},
    {"xla_cuda_plugin", "JAX"},
    {"xla_extension", "JAX"},
    {"libonnxruntime", "ONNX Runtime"},
    {"libggml", "ggml"},
    {"libllama", "llama.cpp"},
    {"librmm", "RMM"},
    {"libcudf", "cuDF"},
    {"libdali", "DALI"},
};

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// CUDA's own layers between the owner and the driver.
bool is_between(std::string_view path) {
  constexpr std::string_view kBetween[] = {"libcuda.so", "libcudart.so", "libcudart-", "libweir.so",
                                           "libnvidia-"};
  const std::string_view name = file_name(path);
  return std::any_of(std::begin(kBetween), std::end(kBetween), [&](auto n) { return name.starts_with(n); });
}

/// The file that the youngest frame beyond CUDA's own lies in; empty: unknown, or code that is in no file.
std::string module_of(const Profile& profile, const Site& site) {
  for (const std::uint32_t node : profile.stack(site.node)) {
    const std::string& path = profile.modules[profile.nodes[node].module].path;
    if (!is_between(path)) return path;
  }
  return {};
}

/// Of a merged profile: one of the programs.
bool is_program(const std::string& path, const Profile& profile) {
  return !path.empty() && std::any_of(profile.members.begin(), profile.members.end(),
                                      [&](const Member& member) { return member.process.exe == path; });
}

int place_in_list(Space space) {
  constexpr Space kOrder[] = {Space::Device, Space::Managed, Space::Pinned, Space::Imported};
  return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), space) - std::begin(kOrder));
}

}  // namespace

std::string owner_name(const std::string& path, const Process& process) {
  if (path.empty()) return "unknown";
  if (path == process.exe) return "the program";
  const std::string_view name = file_name(path);
  for (const Library& library : kLibraries)
    if (name.starts_with(library.file)) return std::string{library.owner};
  return std::string{name.substr(0, name.find(".so"))};
}

std::vector<Owned> owned_memory(const Profile& profile) {
  std::map<std::pair<int, std::string>, Owned> all;
  for (const std::uint32_t number : reported_sites(profile)) {
    const Site& site = profile.sites[number];
    if (site.space == Space::Host) continue;
    const std::string module = module_of(profile, site);
    const std::string owner =
        is_program(module, profile) ? "the program" : owner_name(module, profile.process);
    Owned& owned = all[{place_in_list(site.space), owner}];
    owned.owner = owner;
    owned.space = site.space;
    owned.counts += site.counts;
    owned.at_peak_bytes += site.at_peak_bytes;
    if (!module.empty() &&
        std::find(owned.modules.begin(), owned.modules.end(), module) == owned.modules.end())
      owned.modules.push_back(module);
  }
  std::vector<Owned> out;
  for (auto& [key, owned] : all) out.push_back(std::move(owned));
  std::stable_sort(out.begin(), out.end(), [](const Owned& a, const Owned& b) {
    if (a.space != b.space) return place_in_list(a.space) < place_in_list(b.space);
    return a.at_peak_bytes != b.at_peak_bytes ? a.at_peak_bytes > b.at_peak_bytes
                                              : a.counts.allocated_bytes > b.counts.allocated_bytes;
  });
  return out;
}

}  // namespace weir::tool

// Whether the program uses CUDA, and what that needs on this machine.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

constexpr std::string_view kLibraries[] = {"libcuda.so",     "libcudart.so",  "libnccl.so",  "libcublas.so",
                                           "libcublasLt.so", "libcudnn.so",   "libcufft.so", "libcurand.so",
                                           "libcusparse.so", "libcusolver.so"};
constexpr std::string_view kDriver{"libcuda.so.1"};

std::vector<std::string> cuda_libraries(const Subject& subject) {
  std::vector<std::string> out;
  for (const Library& library : subject.libraries)
    if (std::any_of(std::begin(kLibraries), std::end(kLibraries),
                    [&](std::string_view prefix) { return library.asked_as.starts_with(prefix); }))
      out.push_back(library.asked_as);
  return out;
}

/// nvcc's default: the runtime is in the program.
bool has_runtime_inside(const Subject& subject) {
  const ElfFacts& facts = subject.facts;
  const bool has_marks = facts.contained.has(Mark::CudaRuntime) || facts.exported.has(Mark::CudaRuntime) ||
                         facts.contained.has(Mark::CudaKernels);
  return !facts.imported.has(Mark::CudaRuntime) && (has_marks || facts.has_cuda_runtime_text);
}

void add(std::string id, Severity severity, Verdict allows, std::string text, std::string advice,
         Findings& out) {
  out.push_back({.id = std::move(id),
                 .severity = severity,
                 .topic = Topic::Cuda,
                 .allows = allows,
                 .text = std::move(text),
                 .advice = std::move(advice)});
}

}  // namespace

bool records_cuda(const Subject& subject) {
  const bool uses = has_runtime_inside(subject) || !cuda_libraries(subject).empty();
  return uses && subject.weir.exported.has(Mark::CudaDriver);
}

void check_cuda(const Subject& subject, Findings& out) {
  std::vector<std::string> through = cuda_libraries(subject);
  if (has_runtime_inside(subject)) through.emplace_back("a CUDA runtime linked into it");
  if (through.empty()) return;
  add("cuda", Severity::Info, Verdict::Yes,
      fmt::format("The program uses CUDA through {}.", fmt::join(through, ", ")), {}, out);
  if (!subject.weir.exported.has(Mark::CudaDriver))
    add("cuda_not_recorded", Severity::Warning, Verdict::Partly,
        "This libweir.so was built without CUDA: host memory is recorded, device, pinned and managed memory "
        "is not.",
        "Build weir where the CUDA toolkit is found.", out);
  if (find_library_named(kDriver, subject.path, subject.facts, subject.loader).empty())
    add("cuda_no_driver", Severity::Warning, Verdict::Yes,
        fmt::format("The loader finds no {} on this machine: CUDA calls will fail, with weir and without.",
                    kDriver),
        "Install NVIDIA's driver, or give the container its libraries.", out);
}

}  // namespace weir::tool

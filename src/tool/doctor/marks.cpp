// The list of names.
#include "tool/doctor/marks.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

namespace weir::tool {
namespace {

constexpr std::pair<std::string_view, Mark> kNames[] = {
    {"malloc", Mark::Malloc},
    {"_Znwm", Mark::OperatorNew},
    {"_Znam", Mark::OperatorNew},
    {"mallocx", Mark::Jemalloc},
    {"je_malloc", Mark::Jemalloc},
    {"je_mallocx", Mark::Jemalloc},
    {"_rjem_malloc", Mark::Jemalloc},
    {"_rjem_mallocx", Mark::Jemalloc},
    {"tc_malloc", Mark::Tcmalloc},
    {"TCMallocInternalMalloc", Mark::Tcmalloc},
    {"mi_malloc", Mark::Mimalloc},
    {"mi_heap_malloc", Mark::Mimalloc},
    {"scalable_malloc", Mark::OtherAllocator},
    {"rpmalloc", Mark::OtherAllocator},
    {"sn_malloc", Mark::OtherAllocator},
    {"dlmalloc", Mark::OtherAllocator},
    {"__asan_init", Mark::Asan},
    {"__tsan_init", Mark::Tsan},
    {"__msan_init", Mark::Msan},
    {"__asan_default_options", Mark::AsanOptions},
    {"__lsan_init", Mark::Lsan},
    {"__hwasan_init", Mark::Hwasan},
    {"runtime.mallocgc", Mark::GoRuntime},
    {"_cgo_init", Mark::Cgo},
    {"x_cgo_init", Mark::Cgo},
    {"__rust_alloc", Mark::Rust},
    {"PyObject_Malloc", Mark::Python},
    {"napi_create_object", Mark::Node},
    {"JLI_Launch", Mark::Java},
    {"JNI_CreateJavaVM", Mark::Java},
    {"cudaMalloc", Mark::CudaRuntime},
    {"cudaLaunchKernel", Mark::CudaRuntime},
    {"cuInit", Mark::CudaDriver},
    {"cuMemAlloc_v2", Mark::CudaDriver},
    {"__cudaRegisterFatBinary", Mark::CudaKernels},
};

/// Rust's own name, behind a prefix that differs with each compiler.
bool is_rust(std::string_view symbol) {
  return symbol.starts_with("_R") && symbol.ends_with("___rust_alloc");
}

}  // namespace

std::optional<Mark> mark_of(std::string_view symbol) {
  static const std::unordered_map<std::string_view, Mark> names{std::begin(kNames), std::end(kNames)};
  const auto found = names.find(symbol);
  if (found != names.end()) return found->second;
  return is_rust(symbol) ? std::optional{Mark::Rust} : std::nullopt;
}

}  // namespace weir::tool

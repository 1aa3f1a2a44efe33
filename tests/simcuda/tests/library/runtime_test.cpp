// NVIDIA's own runtime on this driver. It asks its driver to prove itself and is not answered: every call fails, and
// the program must end as it would on a machine whose driver is too old. Until then it looks up all it needs, and
// those lookups are what an interposer lives on.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/library/program.hpp"

using simcuda::test::folder;
using simcuda::test::run;

namespace {

struct Runtime {
  simcuda::test::Ran ran;
  std::vector<std::string>
      lookups;  // "cuMemAlloc@3020 -> cuMemAlloc_v2", * behind the version: per-thread stream
  std::vector<std::string> calls;  // the other lines of the log
};

constexpr const char* kSource = R"(
  #include <cstdio>
  #include <cuda_runtime.h>
  int main() {
    void* place = nullptr;
    const int allocated = cudaMalloc(&place, 100);
    const int freed = cudaFree(nullptr);
    std::printf("%d %d %d\n", allocated, freed, place == nullptr);
    return 0;
  })";

Runtime runtime(const std::string& kind) {
  Runtime result;
  const std::string source = simcuda::test::written(kind + ".cu", kSource);
  const std::string path = folder() + "/" + kind, log = path + ".log";
  const auto built = run(SIMCUDA_NVCC " -O0 -cudart " + kind + " -o " + path + " " + source);
  EXPECT_EQ(built.status, 0) << built.output;
  result.ran =
      run("env LD_LIBRARY_PATH=" SIMCUDA_FOLDER ":" SIMCUDA_CUDART " SIMCUDA_LOG=" + log + " " + path);
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  const std::string mark = "simcuda: lookup ";
  for (const auto& line : simcuda::test::lines(text.str())) {
    if (line.starts_with(mark))
      result.lookups.push_back(line.substr(mark.size()));
    else if (line.find("cuGetProcAddress") == std::string::npos)
      result.calls.push_back(line);
  }
  return result;
}

class RealRuntime : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string(SIMCUDA_NVCC).empty()) GTEST_SKIP() << "no nvcc";
  }
};

TEST_P(RealRuntime, LooksUpEverythingAndIsAnsweredAllButTheEmptyName) {
  const auto seen = runtime(GetParam());
  EXPECT_EQ(seen.lookups.size(), 440u);
  std::set<std::string> lost;
  for (const auto& lookup : seen.lookups) {
    if (lookup.ends_with("(none)") || lookup.ends_with("(newer)")) lost.insert(lookup);
  }
  EXPECT_EQ(lost, std::set<std::string>{"@0 -> (none)"});
  const std::set<std::string> all(seen.lookups.begin(), seen.lookups.end());
  for (const char* wanted :
       {"cuMemAlloc@3020 -> cuMemAlloc_v2", "cuMemFree@3020 -> cuMemFree_v2",
        "cuMemHostRegister@6050 -> cuMemHostRegister_v2", "cuMemAllocAsync@11020 -> cuMemAllocAsync",
        "cuMemAllocAsync@11020* -> cuMemAllocAsync_ptsz",
        "cuMemPrefetchAsync@12020* -> cuMemPrefetchAsync_v2_ptsz",
        "cuIpcOpenMemHandle@11000 -> cuIpcOpenMemHandle_v2", "cuMemcpyHtoD@7000* -> cuMemcpyHtoD_v2_ptds",
        "cuStreamGetCaptureInfo@12030 -> cuStreamGetCaptureInfo_v3",
        "cuDevicePrimaryCtxRelease@7000 -> cuDevicePrimaryCtxRelease",
        "cuGetProcAddress@12000 -> cuGetProcAddress_v2",
        "cuGLMapBufferObject@7000* -> cuGLMapBufferObject_v2_ptds"}) {
    EXPECT_TRUE(all.contains(wanted)) << wanted;
  }
}

TEST_P(RealRuntime, GivesUpWithoutExportTablesAndTheProgramEndsCleanly) {
  const auto seen = runtime(GetParam());
  EXPECT_EQ(seen.ran.status, 0);
  EXPECT_EQ(seen.ran.output, "500 500 1\n");  // cudaErrorSymbolNotFound
  ASSERT_FALSE(seen.calls.empty());
  EXPECT_TRUE(seen.calls.back().ends_with("cuGetExportTable = CUDA_ERROR_NOT_FOUND"));
}

INSTANTIATE_TEST_SUITE_P(Linked, RealRuntime, testing::Values("shared", "static"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace

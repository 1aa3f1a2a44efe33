// The library as a whole: what it exports, what cuGetProcAddress answers, and that it is never anybody else's.
#include <cuda.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/library/program.hpp"

namespace {

std::set<std::string> exports(const std::string& library) {
  const auto listing = simcuda::test::run("nm -D --defined-only " + library);
  std::set<std::string> names;
  for (const auto& line : simcuda::test::lines(listing.output))
    names.insert(line.substr(line.rfind(' ') + 1));
  return names;
}

const std::string kLibrary = std::string(SIMCUDA_FOLDER) + "/libcuda.so.1";

struct Lookup {
  CUresult result;
  void* function;
  CUdriverProcAddressQueryResult status;
};

Lookup look_up(const char* name, int version, cuuint64_t flags = 0) {
  Lookup found{CUDA_ERROR_UNKNOWN, &found, CU_GET_PROC_ADDRESS_SUCCESS};
  found.result = cuGetProcAddress(name, &found.function, version, flags, &found.status);
  return found;
}

void* symbol(const char* name) {
  static void* library = dlopen(kLibrary.c_str(), RTLD_NOW);
  return dlsym(library, name);
}

TEST(Surface, EveryExportOfTheToolkitsStubLibraryIsThere) {
  if (!std::filesystem::exists(SIMCUDA_STUBS)) GTEST_SKIP() << "this toolkit has no stub library";
  const auto wanted = exports(SIMCUDA_STUBS);
  const auto there = exports(kLibrary);
  EXPECT_GE(wanted.size(), 600u);
  for (const auto& name : wanted) EXPECT_TRUE(there.contains(name)) << name;
}

TEST(Surface, NothingButTheDriversNamesIsExported) {
  for (const auto& name : exports(kLibrary)) {
    EXPECT_TRUE(name.starts_with("cu") || name.starts_with("simcuda_")) << name;
  }
}

TEST(Surface, ANameIsServedByTheNewestSymbolThatIsNotNewerThanAsked) {
  EXPECT_EQ(look_up("cuMemAlloc", 2000).function, symbol("cuMemAlloc"));
  EXPECT_EQ(look_up("cuMemAlloc", 3010).function, symbol("cuMemAlloc"));
  EXPECT_EQ(look_up("cuMemAlloc", 3020).function, symbol("cuMemAlloc_v2"));
  EXPECT_EQ(look_up("cuMemAlloc", 13000).function, symbol("cuMemAlloc_v2"));
  EXPECT_EQ(look_up("cuCtxCreate", 11040).function, symbol("cuCtxCreate_v3"));
  EXPECT_EQ(look_up("cuCtxCreate", 12050).function, symbol("cuCtxCreate_v4"));
  EXPECT_EQ(look_up("cuStreamGetCaptureInfo", 11030).function, symbol("cuStreamGetCaptureInfo_v2"));
}

TEST(Surface, ThePerThreadFlagSelectsTheTwinWhereThereIsOne) {
  constexpr auto kPerThread = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  EXPECT_EQ(look_up("cuMemcpy", 7000, kPerThread).function, symbol("cuMemcpy_ptds"));
  EXPECT_EQ(look_up("cuMemcpy", 7000).function, symbol("cuMemcpy"));
  EXPECT_EQ(look_up("cuMemcpy", 4000, kPerThread).function, symbol("cuMemcpy"));
  EXPECT_EQ(look_up("cuMemcpy", 7000, CU_GET_PROC_ADDRESS_LEGACY_STREAM).function, symbol("cuMemcpy"));
  EXPECT_EQ(look_up("cuMemAllocAsync", 11020, kPerThread).function, symbol("cuMemAllocAsync_ptsz"));
  EXPECT_EQ(look_up("cuMemAlloc", 13000, kPerThread).function, symbol("cuMemAlloc_v2"));
}

TEST(Surface, TheResolverFindsItselfByArity) {
  EXPECT_EQ(look_up("cuGetProcAddress", 11030).function, symbol("cuGetProcAddress"));
  EXPECT_EQ(look_up("cuGetProcAddress", 12000).function, symbol("cuGetProcAddress_v2"));
}

TEST(Surface, WhatIsNotThereIsSuccessWithNullAndAReason) {
  const auto unknown = look_up("cuMakeCoffee", 13000);
  EXPECT_EQ(unknown.result, CUDA_SUCCESS);
  EXPECT_EQ(unknown.function, nullptr);
  EXPECT_EQ(unknown.status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  const auto newer = look_up("cuMemAllocAsync", 11010);
  EXPECT_EQ(newer.result, CUDA_SUCCESS);
  EXPECT_EQ(newer.function, nullptr);
  EXPECT_EQ(newer.status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  EXPECT_EQ(look_up("cuMemAlloc", 3020).status, CU_GET_PROC_ADDRESS_SUCCESS);
}

TEST(Surface, TheFirstResolverAnswersNotFoundForWhatIsNotThere) {
  using Resolver = CUresult (*)(const char*, void**, int, cuuint64_t);
  const auto resolver = reinterpret_cast<Resolver>(symbol("cuGetProcAddress"));
  void* function = &function;
  EXPECT_EQ(resolver("cuMakeCoffee", &function, 11030, 0), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(function, nullptr);
  EXPECT_EQ(resolver("cuMemAlloc", &function, 11030, 0), CUDA_SUCCESS);
  EXPECT_EQ(function, symbol("cuMemAlloc_v2"));
}

TEST(Surface, WrongQuestionsAreInvalid) {
  void* function = nullptr;
  EXPECT_EQ(look_up("cuInit", 13010).result, CUDA_ERROR_INVALID_VALUE);  // newer than the driver
  EXPECT_EQ(look_up("cuInit", 13000, 8).result, CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(look_up(nullptr, 13000).result, CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuGetProcAddress("cuInit", nullptr, 13000, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuGetProcAddress("cuInit", &function, 13000, 0, nullptr),
            CUDA_SUCCESS);  // the status may be left out
}

TEST(Surface, ThereAreNoExportTables) {
  const CUuuid id = {};
  const void* table = nullptr;
  EXPECT_EQ(cuGetExportTable(&table, &id), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(table, nullptr);
}

TEST(Surface, WhatIsNotSimulatedSaysSoOnceAndIsNotSupported) {
  const auto ran = simcuda::test::program(R"(
    #include <cuda.h>
    int main(void) {
      int a = cuCheckpointProcessUnlock(0, 0), b = cuCheckpointProcessUnlock(0, 0);
      return a == CUDA_ERROR_NOT_SUPPORTED && b == CUDA_ERROR_NOT_SUPPORTED ? 0 : 1;
    })");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "simcuda: cuCheckpointProcessUnlock is not simulated\n");
}

// Without -Bsymbolic the resolver would hand out a preloaded library's function and tests of interposition would
// pass that ought to fail.
TEST(Surface, ThePointersHandedOutAreTheDriversUnderAnInterposer) {
  const auto interposer = simcuda::test::library(R"(
    int cuMemAlloc_v2(void* address, unsigned long bytes) { return 777; })");
  const auto ran = simcuda::test::program(R"(
    #include <cuda.h>
    int main(void) {
      CUresult (*alloc)(CUdeviceptr*, size_t) = 0;
      CUdeviceptr address = 0;
      if (cuMemAlloc(&address, 1) != 777) return 1;
      if (cuGetProcAddress("cuMemAlloc", (void**)&alloc, 12000, 0, 0) != CUDA_SUCCESS) return 2;
      return alloc(&address, 1) == CUDA_ERROR_NOT_INITIALIZED ? 0 : 3;
    })",
                                          "LD_PRELOAD=" + interposer);
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST(Surface, AnOlderDriverLacksWhatCameLate) {
  void* old = dlopen(SIMCUDA_FOLDER "/old/libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(old, nullptr) << dlerror();
  EXPECT_EQ(dlsym(old, "cuCtxRecordEvent"), nullptr);
  EXPECT_NE(dlsym(old, "cuCtxSynchronize"), nullptr);
  setenv("SIMCUDA_WITHOUT", "cuCtxWaitEvent,cuCtxRecordEvent", 1);
  const auto find = reinterpret_cast<decltype(&cuGetProcAddress_v2)>(dlsym(old, "cuGetProcAddress_v2"));
  void* found = old;
  CUdriverProcAddressQueryResult status{};
  EXPECT_EQ(find("cuCtxRecordEvent", &found, 13000, 0, &status), CUDA_SUCCESS);
  EXPECT_EQ(found, nullptr);
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  EXPECT_EQ(find("cuCtxSynchronize", &found, 12000, 0, &status), CUDA_SUCCESS);
  EXPECT_NE(found, nullptr);
}

}  // namespace

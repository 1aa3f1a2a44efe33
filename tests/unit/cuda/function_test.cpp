// The table of wrapped functions, held against the toolkit's own headers.
#include "core/cuda/function.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <tuple>

#include "core/cuda/driver_api.hpp"
// Has the signature of each base, version and kind of stream.
#include <cudaTypedefs.h>

using namespace weir;
using cuda::Function;
using cuda::Stream;
using engine::CudaRoute;

#define PFN_Plain(base, since) PFN_##base##_v##since
#define PFN_PerThread(base, since) PFN_##base##_v##since##_ptsz
#define DRIVER_FN(symbol, base, since, stream, takes, body)                         \
  static_assert(std::is_same_v<decltype(&::symbol), PFN_##stream(base, since)>, \
                #symbol " is not what the header says of this base and version");
#include "core/cuda/functions.inc"
#undef DRIVER_FN

namespace {

/// Version and kind of stream of all ABIs, by base.
using Abis = std::map<std::string, std::set<std::tuple<unsigned, bool>>>;

Abis of_header() {
  std::ifstream file{WEIR_TEST_CUDA_INCLUDE "/cudaTypedefs.h"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::regex pattern{R"(\*PFN_(cu\w+?)_v(\d+)(_ptsz)?\))"};
  Abis abis;
  for (std::sregex_iterator it{text.begin(), text.end(), pattern}, end; it != end; ++it)
    abis[(*it)[1]].emplace(std::stoul((*it)[2]), (*it)[3].matched);
  return abis;
}

Abis of_table() {
  Abis abis;
  for (std::size_t i = 0; i != cuda::kFunctions; ++i) {
    const cuda::Row& row = cuda::row(static_cast<Function>(i));
    abis[std::string{row.base}].emplace(row.since, row.stream == Stream::PerThread);
  }
  return abis;
}

TEST(Functions, EveryAbiOfAWrappedBaseHasARow) {
  const Abis header = of_header();
  for (const auto& [base, abis] : of_table()) {
    ASSERT_TRUE(header.contains(base)) << base;
    EXPECT_EQ(abis, header.at(base)) << base;
  }
}

TEST(Functions, EveryAllocatingFunctionOfTheHeaderIsWrapped) {
  const Abis table = of_table();
  for (const auto& [base, abis] : of_header())
    EXPECT_TRUE(!cuda::is_allocation_class(base) || table.contains(base)) << base;
}

/// The rows that take so, by the exported name.
std::set<std::string_view> rows_that_take(cuda::Takes takes) {
  std::set<std::string_view> symbols;
  for (std::size_t i = 0; i != cuda::kFunctions; ++i)
    if (const cuda::Row& row = cuda::row(static_cast<Function>(i)); row.takes == takes) symbols.insert(row.symbol);
  return symbols;
}

TEST(Functions, WhatMakesMemoryMayLackIt) {
  for (const std::string_view symbol : rows_that_take(cuda::Takes::None))
    EXPECT_FALSE(cuda::is_allocation_class(symbol)) << symbol;
}

TEST(Functions, WhatGivesMemoryBackLacksNone) {
  const auto none = rows_that_take(cuda::Takes::None);
  for (std::size_t i = 0; i != cuda::kFunctions; ++i) {
    const std::string_view symbol = cuda::row(static_cast<Function>(i)).symbol;
    for (const std::string_view part : {"Free", "Destroy", "Detach", "Release", "Unload", "Reset", "Unmap", "Unregister", "Close"})
      EXPECT_TRUE(symbol.find(part) == symbol.npos || none.contains(symbol)) << symbol;
  }
}

TEST(Functions, TheMemoryThatMayLackIsThePoolsTheHostsOrANamedDevices) {
  using Symbols = std::set<std::string_view>;
  EXPECT_EQ(rows_that_take(cuda::Takes::Pooled), (Symbols{"cuMemAlloc_v2", "cuMemAllocHost_v2", "cuMemHostAlloc"}));
  EXPECT_EQ(rows_that_take(cuda::Takes::Host),
            (Symbols{"cuMemAllocHost", "cuMemHostRegister", "cuMemHostRegister_v2"}));
  EXPECT_EQ(rows_that_take(cuda::Takes::Named),
            (Symbols{"cuMemCreate", "cuMemPoolCreate", "cuCtxCreate", "cuCtxCreate_v2", "cuCtxCreate_v3", "cuCtxCreate_v4",
                     "cuGreenCtxCreate", "cuDevicePrimaryCtxRetain"}));
}

TEST(Functions, SymbolsAreFoundByTheirWholeName) {
  EXPECT_EQ(cuda::find_symbol("cuMemAlloc_v2"), Function::cuMemAlloc_v2);
  EXPECT_EQ(cuda::find_symbol("cuMemAlloc"), Function::cuMemAlloc);
  EXPECT_EQ(cuda::find_symbol("cuMemAllo"), Function::None);
  EXPECT_EQ(cuda::find_symbol("cuMemAlloc_v3"), Function::None);
  EXPECT_EQ(cuda::find_symbol("cudaMalloc"), Function::None);
  EXPECT_EQ(cuda::find_symbol(""), Function::None);
}

struct Choice {
  const char* base;
  unsigned version;
  Stream stream;
  Function wanted;
};

TEST(Functions, TheAbiOfAVersionIsTheNewestThatIsNotNewer) {
  const Choice choices[] = {
      {"cuMemAlloc", 1999, Stream::Plain, Function::None},
      {"cuMemAlloc", 2000, Stream::Plain, Function::cuMemAlloc},
      {"cuMemAlloc", 3019, Stream::Plain, Function::cuMemAlloc},
      {"cuMemAlloc", 3020, Stream::Plain, Function::cuMemAlloc_v2},
      {"cuMemAlloc", 13000, Stream::Plain, Function::cuMemAlloc_v2},
      {"cuMemAlloc", 13000, Stream::PerThread, Function::cuMemAlloc_v2},
      {"cuMemAlloc_v2", 13000, Stream::Plain, Function::None},
      {"cuMemFreeAsync", 11010, Stream::PerThread, Function::None},
      {"cuMemFreeAsync", 11020, Stream::Plain, Function::cuMemFreeAsync},
      {"cuMemFreeAsync", 11020, Stream::PerThread, Function::cuMemFreeAsync_ptsz},
      {"cuStreamBeginCapture", 10000, Stream::PerThread, Function::cuStreamBeginCapture_ptsz},
      {"cuStreamBeginCapture", 12000, Stream::PerThread, Function::cuStreamBeginCapture_v2_ptsz},
      {"cuGetProcAddress", 11030, Stream::Plain, Function::cuGetProcAddress},
      {"cuGetProcAddress", 12000, Stream::Plain, Function::cuGetProcAddress_v2},
      {"cuDevicePrimaryCtxRelease", 7000, Stream::Plain, Function::cuDevicePrimaryCtxRelease},
  };
  for (const Choice& it : choices)
    EXPECT_EQ(cuda::choose(it.base, it.version, it.stream), it.wanted) << it.base << "@" << it.version;
}

TEST(Functions, NewVersionsOfAllocatingFunctionsAreKnownAsSuch) {
  for (const char* name : {"cuMemAlloc_v3", "cuMemAllocAsync_v2_ptsz", "cuMemCreate_v2", "cuMemHostAlloc_v9",
                           "cuMulticastCreate_v2", "cuArray3DCreate_v3", "cuIpcOpenMemHandle_v3"})
    EXPECT_TRUE(cuda::is_allocation_class(name)) << name;
  for (const char* name : {"cuMemFree_v2", "cuMemcpyDtoH_v2", "cuLaunchKernel", "cuInit", "cuMem", ""})
    EXPECT_FALSE(cuda::is_allocation_class(name)) << name;
}

/// Addresses that stand for functions of a driver. Nobody calls them.
void* const kDriver = reinterpret_cast<void*>(0x1000);
void* const kOtherDriver = reinterpret_cast<void*>(0x2000);

TEST(Functions, AWrapperLeadsToOneFunctionForEachRoute) {
  constexpr Function f = Function::cuMemPoolDestroy;
  void* const by_dlsym = cuda::hand_out(f, CudaRoute::Dlsym, kDriver);
  EXPECT_EQ(by_dlsym, cuda::wrapper_of(f, CudaRoute::Dlsym));
  EXPECT_EQ(cuda::hand_out(f, CudaRoute::Dlsym, kDriver), by_dlsym);
  EXPECT_EQ(cuda::hand_out(f, CudaRoute::Dlsym, kOtherDriver), kOtherDriver) << "the slot is taken";
  void* const by_proc_address = cuda::hand_out(f, CudaRoute::ProcAddress, kOtherDriver);
  EXPECT_EQ(by_proc_address, cuda::wrapper_of(f, CudaRoute::ProcAddress));
  EXPECT_NE(by_proc_address, by_dlsym);
}

TEST(Functions, OurOwnFunctionsAreNotWrappedAgain) {
  constexpr Function f = Function::cuMemUnmap;
  void* const ours = cuda::wrapper_of(f, CudaRoute::Linked);
  EXPECT_TRUE(cuda::is_own(ours));
  EXPECT_EQ(cuda::hand_out(f, CudaRoute::Dlsym, ours), ours);
  EXPECT_EQ(cuda::hand_out(f, CudaRoute::Dlsym, nullptr), nullptr);
}

TEST(Functions, WithoutADriverAWrapperSaysThatNothingIsInitialised) {
  auto* free = reinterpret_cast<decltype(&::cuMemFree_v2)>(
      cuda::wrapper_of(Function::cuMemFree_v2, CudaRoute::Patched));
  EXPECT_EQ(free(1), CUDA_ERROR_NOT_INITIALIZED);
}

}  // namespace

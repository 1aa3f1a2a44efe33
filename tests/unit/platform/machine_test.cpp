// What bounds idle host memory: the machine, or the limit of the control group.
#include "core/platform/machine.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "support/temporary_folder.hpp"

namespace weir::platform {
namespace {

constexpr std::uint64_t kNone = ~std::uint64_t{0};

TEST(Machine, HasNoMoreMemoryThanItsPages) {
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  EXPECT_NE(machine_bytes(), 0U);
  EXPECT_LE(machine_bytes(), pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

TEST(LimitOfAControlGroup, IsTheNumberInItsFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "memory.max";
  const auto in = [&](const char* text) {
    std::ofstream{path} << text;
    return limit_in(path.c_str());
  };
  EXPECT_EQ(in("8589934592\n"), 8589934592U);
  EXPECT_EQ(in("0\n"), 0U);
  EXPECT_EQ(in("max\n"), kNone);
  EXPECT_EQ(in(""), kNone);
  EXPECT_EQ(in("99999999999999999999999\n"), kNone);
  EXPECT_EQ(limit_in((path + ".not").c_str()), kNone);
}

}  // namespace
}  // namespace weir::platform

// Which memory node is nearest to a device: what sysfs says, then what others say, and only nodes that have memory. And the
// thread's policy around the driver's allocation.
#include "core/cuda/numa_nearest.hpp"

#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/cuda/pinned_source.hpp"
#include "support/temporary_folder.hpp"

namespace weir::cuda {
namespace {

int g_asked, g_answer;
std::string g_address;

int otherwise(std::string_view address) noexcept {
  ++g_asked;
  g_address = address;
  return g_answer;
}

class NearestNode : public testing::Test {
 protected:
  void SetUp() override {
    g_asked = 0;
    g_answer = -1;
    nodes_.add(0);
    nodes_.add(1);
  }
  void say(const std::string& node) {
    const auto folder = sysfs_.path() / "bus/pci/devices/0000:1b:00.0";
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "numa_node"} << node << '\n';
  }
  [[nodiscard]] int nearest() const {
    return nearest_node("0000:1B:00.0", nodes_, sysfs_.path().c_str(), &otherwise);
  }

  const test::TemporaryFolder sysfs_;
  platform::NodeSet nodes_{};
};

TEST_F(NearestNode, IsWhatSysfsSaysAndNobodyElseIsAsked) {
  say("1");
  EXPECT_EQ(nearest(), 1);
  say("0");
  EXPECT_EQ(nearest(), 0);
  EXPECT_EQ(g_asked, 0);
}

TEST_F(NearestNode, IsWhatOthersSayWhereSysfsKnowsNone) {
  say("-1");
  g_answer = 1;
  EXPECT_EQ(nearest(), 1);
  EXPECT_EQ(g_asked, 1);
  EXPECT_EQ(g_address, "0000:1B:00.0");
}

TEST_F(NearestNode, IsUnknownWhereNobodyKnows) {
  EXPECT_EQ(nearest(), -1) << "no such device";
  say("-1");
  EXPECT_EQ(nearest(), -1);
  EXPECT_EQ(g_asked, 2);
}

TEST_F(NearestNode, IsOneThatHasMemory) {
  say("7");
  EXPECT_EQ(nearest(), -1);
  say("-1");
  g_answer = 7;
  EXPECT_EQ(nearest(), -1);
}

int g_mode;

int mode() {
  int now = -1;
  return syscall(SYS_get_mempolicy, &now, nullptr, 0, nullptr, 0) == 0 ? now : -1;
}

CUresult refuse(void**, std::size_t) {
  g_mode = mode();
  return CUDA_ERROR_OUT_OF_MEMORY;
}
CUresult grant(void** out, std::size_t bytes, unsigned flags) {
  g_mode = mode();
  *out = reinterpret_cast<void*>(bytes + flags);
  return CUDA_SUCCESS;
}

TEST(PinnedMemory, TheThreadsPolicyIsRestoredWhateverTheDriverSays) {
  if (syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0) != 0) GTEST_SKIP() << "memory policies cannot be set here";
  int node = 0;
  while (!platform::nodes_with_memory().has(node)) ++node;
  void* out = nullptr;
  EXPECT_EQ(allocate_on(node, {.plain = refuse, .flagged = nullptr, .flags = 0}, &out, 8), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(g_mode, MPOL_PREFERRED);
  EXPECT_EQ(mode(), MPOL_DEFAULT);
  EXPECT_EQ(allocate_on(node, {.plain = nullptr, .flagged = grant, .flags = 4}, &out, 8), CUDA_SUCCESS);
  EXPECT_EQ(g_mode, MPOL_PREFERRED);
  EXPECT_EQ(mode(), MPOL_DEFAULT);
  EXPECT_EQ(out, reinterpret_cast<void*>(12));
  EXPECT_EQ(allocate_on(-1, {.plain = nullptr, .flagged = grant, .flags = 4}, &out, 8), CUDA_SUCCESS);
  EXPECT_EQ(g_mode, MPOL_DEFAULT);
}

}  // namespace
}  // namespace weir::cuda

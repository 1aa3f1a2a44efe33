// What hwloc knows of a device's place, asked of the library itself where it is installed, about a machine that is described
// to it (HWLOC_XMLFILE): two packages with a node each, a device on the second, and one on the machine.
#include "core/cuda/numa_hwloc.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "core/cuda/hwloc_api.hpp"
#include "support/temporary_folder.hpp"
#if __has_include(<hwloc.h>)
#include <hwloc.h>
#endif

namespace weir::cuda {
namespace {

constexpr const char* kLibrary = "libhwloc.so.15";

std::string sets(const char* value) {
  std::string text;
  for (const char* name : {"cpuset", "complete_cpuset", "nodeset", "complete_nodeset"})
    text += std::string{" "} + name + "=\"" + value + '"';
  return text;
}

std::string device(const char* address, int number) {
  const std::string gp = std::to_string(number);
  return "<object type=\"Bridge\" gp_index=\"1" + gp +
         "\" bridge_type=\"0-1\" depth=\"0\" bridge_pci=\"0000:[00-ff]\"><object type=\"PCIDev\" gp_index=\"2" + gp +
         "\" pci_busid=\"" + address + "\" pci_type=\"0302 [10de:2330] [10de:16c1] a1\" pci_link_speed=\"0.0\"/></object>";
}

std::string package(int number, const char* bit, const std::string& more) {
  const std::string index = std::to_string(number), all = sets(bit);
  return "<object type=\"Package\" os_index=\"" + index + "\" gp_index=\"3" + index + "\"" + all + ">" +
         "<object type=\"NUMANode\" os_index=\"" + index + "\" gp_index=\"4" + index + "\"" + all +
         " local_memory=\"1073741824\"><page_type size=\"4096\" count=\"262144\"/></object>" +
         "<object type=\"Core\" os_index=\"" + index + "\" gp_index=\"5" + index + "\"" + all + ">" +
         "<object type=\"PU\" os_index=\"" + index + "\" gp_index=\"6" + index + "\"" + all + "/></object>" + more +
         "</object>";
}

std::string machine() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology version=\"2.0\">"
         "<object type=\"Machine\" os_index=\"0\" gp_index=\"1\" allowed_cpuset=\"0x00000003\""
         " allowed_nodeset=\"0x00000003\"" +
         sets("0x00000003") + ">" + package(0, "0x00000001", "") +
         package(1, "0x00000002", device("0000:1b:00.0", 1)) + device("0000:2c:00.0", 2) + "</object></topology>\n";
}

class Hwloc : public testing::Test {
 protected:
  void SetUp() override {
    if (dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL) == nullptr) GTEST_SKIP() << kLibrary << " is not installed";
    std::ofstream{folder_ / "machine.xml"} << machine();
    setenv("HWLOC_XMLFILE", (folder_ / "machine.xml").c_str(), 1);
  }
  void TearDown() override { unsetenv("HWLOC_XMLFILE"); }

  const test::TemporaryFolder folder_;
};

TEST_F(Hwloc, KnowsTheNodeOfADevice) { EXPECT_EQ(ask_hwloc(kLibrary, "0000:1b:00.0"), 1); }

TEST_F(Hwloc, WhatIsAsNearToAllNodesIsNearToNone) { EXPECT_EQ(ask_hwloc(kLibrary, "0000:2c:00.0"), -1); }

TEST_F(Hwloc, DoesNotKnowADeviceThatIsNotThere) {
  EXPECT_EQ(ask_hwloc(kLibrary, "0000:3d:00.0"), -1);
  EXPECT_EQ(ask_hwloc(kLibrary, "0000:1b:00"), -1);
  EXPECT_EQ(ask_hwloc(kLibrary, ""), -1);
}

TEST_F(Hwloc, IsAskedOnAnotherThreadOncePerDevice) {
  int node = node_by_hwloc("0000:1B:00.0");
  while (is_hwloc_busy()) std::this_thread::yield();
  if (node < 0) node = node_by_hwloc("0000:1b:00.0");  // it had not answered in time
  EXPECT_EQ(node, 1);
  unsetenv("HWLOC_XMLFILE");
  EXPECT_EQ(node_by_hwloc("0000:1B:00.0"), 1) << "it is remembered";
}

TEST(HwlocAbsent, IsNotKnown) { EXPECT_EQ(ask_hwloc("libweir-no-such-library.so.15", "0000:1b:00.0"), -1); }

TEST(HwlocAbsent, AnotherLibraryIsNoHwloc) { EXPECT_EQ(ask_hwloc("libm.so.6", "0000:1b:00.0"), -1); }

#ifdef HWLOC_API_VERSION
TEST(HwlocInterface, IsThatOfTheInstalledHeader) {
  using hwloc::Object;
  EXPECT_EQ(offsetof(Object, os_index), offsetof(hwloc_obj, os_index));
  EXPECT_EQ(offsetof(Object, parent), offsetof(hwloc_obj, parent));
  EXPECT_EQ(offsetof(Object, cpuset), offsetof(hwloc_obj, cpuset));
  EXPECT_EQ(offsetof(Object, nodeset), offsetof(hwloc_obj, nodeset));
  EXPECT_EQ(hwloc::kDepthOfNodes, HWLOC_TYPE_DEPTH_NUMANODE);
  EXPECT_EQ(hwloc::kDepthOfPciDevices, HWLOC_TYPE_DEPTH_PCI_DEVICE);
  EXPECT_EQ(hwloc::kKeepImportant, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
  EXPECT_EQ(hwloc::kBlacklist, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST);
}
#endif

}  // namespace
}  // namespace weir::cuda

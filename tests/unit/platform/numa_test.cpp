// Nodes as sysfs tells of them, and a thread's memory policy, against what the kernel says of it.
#include "core/platform/numa.hpp"

#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.hpp"

namespace weir::platform {
namespace {

std::vector<int> nodes_in(const NodeSet& set) {
  std::vector<int> found;
  for (int node = 0; node != kMostNodes; ++node)
    if (set.has(node)) found.push_back(node);
  return found;
}

std::vector<int> parsed(std::string_view text) {
  NodeSet set{};
  return parse_nodes(text, set) ? nodes_in(set) : std::vector<int>{-1};
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path} << text;
}

struct Policy {
  int mode = -1;
  std::vector<int> nodes;
  bool operator==(const Policy&) const = default;
};

Policy policy() {
  Policy found;
  NodeSet nodes{};
  if (syscall(SYS_get_mempolicy, &found.mode, nodes.words, kMostNodes + 1, nullptr, 0) != 0) return {};
  found.nodes = nodes_in(nodes);
  return found;
}

bool may_set_policy() { return syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0) == 0; }

TEST(NodeList, IsReadAsTheKernelWritesIt) {
  EXPECT_EQ(parsed("0\n"), (std::vector<int>{0}));
  EXPECT_EQ(parsed("0-3,8,10-11\n"), (std::vector<int>{0, 1, 2, 3, 8, 10, 11}));
  EXPECT_EQ(parsed("1023"), (std::vector<int>{1023}));
}

TEST(NodeList, WhatIsNoListHasNoNodes) {
  for (const char* text : {"", "\n", "-1", "3-1", "0,", "0-", "0 1", "1024", "99999999999999999999", "x"}) {
    NodeSet set{};
    set.add(7);
    EXPECT_FALSE(parse_nodes(text, set)) << text;
    EXPECT_EQ(set.count(), 0) << text;
  }
}

TEST(Nodes, AreThoseThatHaveMemory) {
  const test::TemporaryFolder folder;
  write(folder.path() / "devices/system/node/has_memory", "0,2\n");
  write(folder.path() / "devices/system/node/online", "0-3\n");
  EXPECT_EQ(nodes_in(nodes_with_memory(folder.path().c_str())), (std::vector<int>{0, 2}));
  EXPECT_EQ(nodes_with_memory("/nowhere").count(), 0);
  EXPECT_EQ(nodes_with_memory(std::string(300, 'x').c_str()).count(), 0);
}

TEST(Nodes, OfAPciDeviceAreFoundByAnAddressInCapitals) {
  const test::TemporaryFolder folder;
  write(folder.path() / "bus/pci/devices/0000:1b:00.0/numa_node", "1\n");
  write(folder.path() / "bus/pci/devices/0000:1c:00.0/numa_node", "-1\n");
  write(folder.path() / "bus/pci/devices/0000:1d:00.0/numa_node", "1x\n");
  const std::string sysfs = folder.path();
  EXPECT_EQ(node_of_pci_device("0000:1B:00.0", sysfs.c_str()), 1);
  EXPECT_EQ(node_of_pci_device("0000:1b:00.0", sysfs.c_str()), 1);
  EXPECT_EQ(node_of_pci_device("0000:1c:00.0", sysfs.c_str()), -1) << "the kernel knows none";
  EXPECT_EQ(node_of_pci_device("0000:1d:00.0", sysfs.c_str()), -1);
  EXPECT_EQ(node_of_pci_device("0000:ff:00.0", sysfs.c_str()), -1) << "there is no such device";
  EXPECT_EQ(node_of_pci_device("", sysfs.c_str()), -1);
  EXPECT_EQ(node_of_pci_device(std::string(300, 'a'), sysfs.c_str()), -1);
}

TEST(PreferredNode, IsTheThreadsPolicyWhileItLivesAndNoLonger) {
  if (!may_set_policy()) GTEST_SKIP() << "memory policies cannot be set here";
  const Policy before = policy();
  const int node = nodes_in(nodes_with_memory()).front();
  {
    const PreferredNode there{node};
    EXPECT_EQ(policy(), (Policy{MPOL_PREFERRED, {node}}));
    std::thread{[] { EXPECT_EQ(policy().mode, MPOL_PREFERRED) << "a thread begins with its maker's"; }}.join();
  }
  EXPECT_EQ(policy(), before);
}

TEST(PreferredNode, LeavesAPolicyOfTheProgramsOwn) {
  if (!may_set_policy()) GTEST_SKIP() << "memory policies cannot be set here";
  const int node = nodes_in(nodes_with_memory()).front();
  NodeSet own{};
  own.add(node);
  ASSERT_EQ(syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, own.words, kMostNodes + 1), 0);
  const Policy before = policy();
  {
    const PreferredNode there{node};
    EXPECT_EQ(policy(), before);
  }
  EXPECT_EQ(policy(), before);
  ASSERT_EQ(syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0), 0);
}

TEST(PreferredNode, OfNoNodeDoesNothing) {
  const Policy before = policy();
  for (const int node : {-1, kMostNodes, kMostNodes - 1}) {
    const PreferredNode there{node};
    EXPECT_EQ(policy(), before) << node;
  }
}

}  // namespace
}  // namespace weir::platform

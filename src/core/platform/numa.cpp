#include "core/platform/numa.hpp"

#include <linux/mempolicy.h>

#include "core/base/slice.hpp"
#include "core/base/text.hpp"
#include "core/platform/files.hpp"
#include "core/platform/raw.hpp"

namespace weir::platform {
namespace {

/// Decimal digits at the front of `text`, which is shortened by them. False: none, or no node's number.
bool take_node(std::string_view& text, int& out) noexcept {
  std::size_t digits = 0;
  for (out = 0; digits != text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    out = out * 10 + (text[digits] - '0');
    if (out >= kMostNodes) return false;
  }
  text = slice(text, digits);
  return digits != 0;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text[0] != c) return false;
  text = slice(text, 1);
  return true;
}

bool parse_ranges(std::string_view text, NodeSet& out) noexcept {
  do {
    int first = 0, last = 0;
    if (!take_node(text, first)) return false;
    last = first;
    if (take(text, '-') && (!take_node(text, last) || last < first)) return false;
    for (int node = first; node <= last; ++node) out.add(node);
  } while (take(text, ','));
  (void)take(text, '\n');
  return text.empty();
}

}  // namespace

bool parse_nodes(std::string_view text, NodeSet& out) noexcept {
  out = {};
  const bool is_good = parse_ranges(text, out);
  if (!is_good) out = {};
  return is_good;
}

NodeSet nodes_with_memory(const char* sysfs) noexcept {
  char bytes[256], text[1024];
  TextBuffer path{bytes};
  path << sysfs << "/devices/system/node/has_memory";
  NodeSet found{};
  if (!path.cut()) (void)parse_nodes({text, read_file(path.c_str(), text)}, found);
  return found;
}

int node_of_pci_device(std::string_view address, const char* sysfs) noexcept {
  char bytes[256], text[16];
  TextBuffer path{bytes};
  path << sysfs << "/bus/pci/devices/";
  for (const char c : address) path.put(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  path << "/numa_node";
  if (address.empty() || path.cut()) return -1;
  std::string_view said{text, read_file(path.c_str(), text)};
  int node = -1;
  if (!take_node(said, node)) return -1;
  (void)take(said, '\n');
  return said.empty() ? node : -1;
}

PreferredNode::PreferredNode(int node) noexcept {
  int mode = MPOL_DEFAULT;
  if (node < 0 || node >= kMostNodes) return;
  // A kernel or a sandbox that refuses the question would refuse the rest, too.
  if (raw_syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0) != 0 || mode != MPOL_DEFAULT) return;
  NodeSet wanted{};
  wanted.add(node);
  // The kernel takes one bit less than it is told of.
  is_set_ = raw_syscall(SYS_set_mempolicy, MPOL_PREFERRED, wanted.words, kMostNodes + 1) == 0;
}

PreferredNode::~PreferredNode() {
  if (is_set_) raw_syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0);
}

}  // namespace weir::platform

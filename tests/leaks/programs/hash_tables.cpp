// Nodes in one list, buckets that point before their first node.
// reachable keep_table *
// lost lose_table *
#include <string>
#include <unordered_map>
#include "leak.h"
using Table = std::unordered_map<std::string, std::string>;
static Table known;
static Table* volatile seen;
APART void keep_table() {
  for (int i = 0; i != 200; ++i) known[std::to_string(i)] = std::string(40, 'x');
}
APART void lose_table() {
  seen = new Table;
  for (int i = 0; i != 200; ++i) (*seen)[std::to_string(i)] = std::string(40, 'x');
}
int main() {
  keep_table();
  lose_table();
  seen = nullptr;
  scrub();
  _Exit(0);
}

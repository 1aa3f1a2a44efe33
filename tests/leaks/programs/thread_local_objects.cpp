// Thread-local objects with destructors: the first thread's are alive at _Exit; a finished thread's are destroyed.
// (The second block is the list of their destructors.)
// reachable keep_first 2 *
// lost lose_raw 1 420
// differs lose_raw: valgrind takes what a finished thread left in its thread-local storage for known
// link -pthread
#include <thread>
#include <vector>
#include "leak.h"
static thread_local std::vector<long> numbers;
static thread_local char* volatile raw;
APART void keep_first() { numbers.assign(100, 1); }
APART void freed_other() { numbers.assign(200, 1); }
APART void lose_raw() { raw = block(420); }
int main() {
  keep_first();
  std::thread([] {
    freed_other();
    lose_raw();
  }).join();
  scrub();
  _Exit(0);
}

// Static objects are destroyed before the end; what they had freed is not there, what they forgot is lost.
// lost lose_forgotten 1 430
// reachable keep_raw 1 431
#include <memory>
#include "leak.h"
struct Owner {
  char* volatile held = nullptr;
  ~Owner() { held = nullptr; }
};
static Owner forgets;
static char* volatile raw;
static std::unique_ptr<char[]> frees;
APART void lose_forgotten() { forgets.held = block(430); }
APART void keep_raw() { raw = block(431); }
APART void freed_unique() { frees = std::make_unique<char[]>(432); }
int main() {
  lose_forgotten();
  keep_raw();
  freed_unique();
  scrub();
  return 0;
}

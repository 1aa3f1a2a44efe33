// Threads whose destructors (pthread keys and thread_local) free and allocate after weir's own hook may have
// run: nothing is lost, and what the destructors lose is theirs.
//
// expect live("make") == (0, 0)
// expect total("make") == (16 * 10 * 48, 160)
// expect leaks("lose_late") == (16 * 72, 16)
// expect leaks("lose_in_local") == (16 * 56, 16)
// row: faults | allocation in the destructors of ended threads
// lost lose_late 1152 16
// lost lose_in_local 896 16
#include <pthread.h>

#include <cstdlib>

#include "support.h"

static pthread_key_t key;

NOINLINE static void** make() {
  static thread_local void* blocks[10];
  for (void*& block : blocks) block = keep(std::malloc(48));
  return blocks;
}
NOINLINE static void lose_late() { keep(std::malloc(72)); }
NOINLINE static void lose_in_local() { keep(std::malloc(56)); }

// Destructors of keys run in rounds; setting the key again asks for another, up to the fourth.
static void destroy(void* value) {
  static thread_local int round = 0;
  if (++round < 4) {
    pthread_setspecific(key, value);
    return;
  }
  void** blocks = static_cast<void**>(value);
  for (int i = 0; i < 10; ++i) std::free(blocks[i]);
  lose_late();
}

struct Local {
  ~Local() { lose_in_local(); }
  int used = 0;
};

static void* body(void*) {
  static thread_local Local local;
  local.used = 1;
  pthread_setspecific(key, make());
  return nullptr;
}

int main() {
  pthread_key_create(&key, destroy);
  for (int round = 0; round < 2; ++round) {
    pthread_t threads[8];
    for (pthread_t& thread : threads) pthread_create(&thread, nullptr, body, nullptr);
    for (pthread_t& thread : threads) pthread_join(thread, nullptr);
  }
}

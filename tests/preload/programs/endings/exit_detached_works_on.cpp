// A detached thread allocates all through exit: while atexit handlers and static destructors run, which take their time.
//
// row: endings | detached thread allocates during exit
// lost lose 500 5
// lost lose_late 1700 100
// expect process["end"] == "exit"
#include <pthread.h>

#include <cstdio>

#include "ending.h"

NOINLINE static void lose_late() {
  for (int i = 0; i < 50; ++i) keep(std::malloc(17));
  keep(nullptr);
  wipe_stack();
}
struct Slow {
  ~Slow() {
    usleep(5000);
    lose_late();
  }
};
static Slow slow;
static void at_exit() {
  usleep(5000);
  lose_late();
}

int main() {
  std::atexit(at_exit);
  pthread_t thread;
  pthread_create(&thread, nullptr, churn, nullptr);
  pthread_detach(thread);
  lose();
  usleep(1000);
  std::puts("main returns");
}

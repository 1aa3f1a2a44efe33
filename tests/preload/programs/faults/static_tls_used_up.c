// Libraries whose thread-local storage must lie in the static block are loaded until there is no room for another one: as many fit as
// without weir, and the threads that come then are recorded.
//
// row: faults | static thread-local storage used up by loaded libraries
// before: for i in 1 2 3 4 5 6 7 8 9; do echo 'static __thread char room[400] __attribute__((tls_model("initial-exec"))); char* get(void) { return room; }' | cc -shared -fPIC -w -x c - -o eats$i.so; done
// expect leaks("lose") == (4 * 24, 4)
// expect "no more" in stdout
// lost lose 96 4
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(24)); }
static void* visit(void* unused) {
  lose();
  for (unsigned i = 0; i != 200; ++i) free(next_step(i, 6, 40));
  return unused;
}

int main(void) {
  int loaded = 0;
  for (int i = 1; i != 10; ++i) {
    char name[32];
    snprintf(name, sizeof(name), "./eats%d.so", i);
    if (dlopen(name, RTLD_NOW) == NULL) break;
    ++loaded;
  }
  for (int i = 0; i != 4; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, visit, NULL) != 0) return 2;
    pthread_join(thread, NULL);
  }
  printf("%d, %s\n", loaded, loaded == 9 ? "room is left" : "no more");
  return 0;
}

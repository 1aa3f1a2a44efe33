// A plugin that needs static thread-local storage finds room, with weir's share taken; also in threads that were there before.
//
// row: company | dlopen of a library with static TLS
// expect leaks("lose") == (30, 1)
// expect total("plugin_fill") == (300, 3)
// lost lose 30 1
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "beside.h"
#include "support.h"

static int (*fill)(int);
static pthread_barrier_t opened;

NOINLINE static void lose(void) { keep(malloc(30)); }

static void* work(void* value) {
  free(keep(malloc(10)));
  pthread_barrier_wait(&opened);
  return (void*)(long)fill((int)(long)value);
}

int main(void) {
  pthread_t threads[2];
  void* sums[2];
  lose();
  pthread_barrier_init(&opened, NULL, 3);
  for (long i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, work, (void*)(i + 2));
  void* plugin = dlopen(beside("plugin_static_tls.so"), RTLD_NOW);
  if (plugin == NULL) {
    puts(dlerror());
    return 1;
  }
  fill = (int (*)(int))dlsym(plugin, "plugin_fill");
  pthread_barrier_wait(&opened);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], &sums[i]);
  printf("%d %ld %ld\n", fill(1), (long)sums[0], (long)sums[1]);
  return 0;
}

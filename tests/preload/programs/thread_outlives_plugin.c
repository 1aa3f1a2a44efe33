// Threads that are idle while a plugin is unloaded, and end without another word: weir keeps nothing of them.
//
// bare: no
// expect int(stdout) < 2 << 20
// expect total("work") == (300 * 100, 300)
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static sem_t idle, go;

static long resident(void) {
  long pages = 0, ignored = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &ignored, &pages) != 2) exit(1);
  fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

NOINLINE static void* work(void* unused) {
  free(keep(malloc(100)));
  sem_post(&idle);
  sem_wait(&go);
  return unused;
}

static void load_and_unload(const char* path) {
  void* plugin = dlopen(path, RTLD_NOW);
  void* (*make)(size_t) = plugin ? (void* (*)(size_t))dlsym(plugin, "plugin_make") : NULL;
  if (make == NULL) exit(2);
  free(make(10));
  dlclose(plugin);
}

int main(int count, char** arguments) {
  char path[4096];
  snprintf(path, sizeof(path), "%.*s/plugin.so", (int)(strrchr(arguments[0], '/') - arguments[0]), arguments[0]);
  sem_init(&idle, 0, 0);
  sem_init(&go, 0, 0);
  long before = 0;
  for (int i = 0; i < 300; ++i) {
    if (i == 50) before = resident();
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) return 3;
    sem_wait(&idle);
    load_and_unload(path);
    sem_post(&go);
    pthread_join(thread, NULL);
  }
  printf("%ld\n", resident() - before);
  return 0;
}

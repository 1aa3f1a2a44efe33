// Threads load and unload a C++ plugin that throws in its constructors, while others allocate at depth, one forks, one walks
// its stack, one walks the loader's list with a callback that allocates: nobody waits for ever.
//
// run under: preload sampled
// row: company | dlopen and dlclose of throwing plugins while threads allocate, fork and unwind
// profiles any
// expect live("climb") == (0, 0)
// expect report["errors"] == []
// lost lose 4000 40
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "beside.h"
#include "support.h"

static volatile int over;
static char plugin_path[4096];
static long loads, forks, walks;

static void on_alarm(int number) {
  (void)number;
#ifdef HANDLERS_ALLOCATE
  free(keep(malloc(100)));
#endif
}

static void mask_alarm(void) {
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &alarm, NULL);
}

static void* load(void* unused) {
  mask_alarm();  // glibc's loader does not bear handlers that allocate in its own calls of malloc
  while (!over) {
    void* plugin = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) exit(2);
    int (*catch)(int) = (int (*)(int))dlsym(plugin, "plugin_catch");
    if (catch (5) != 5) exit(3);
    dlclose(plugin);
    __atomic_add_fetch(&loads, 1, __ATOMIC_RELAXED);
  }
  return unused;
}

NOINLINE static void climb(int depth) {
  void* block = keep(malloc(16 + depth));
  if (depth > 0) climb(depth - 1);
  free(keep(block));
}

static void* allocate(void* unused) {
  while (!over) climb(60);
  return unused;
}

static void* multiply(void* unused) {
  mask_alarm();
  while (!over) {
    const pid_t child = fork();
    if (child == 0) {
      free(keep(malloc(100)));
      _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) exit(4);
    __atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED);
    usleep(2000);
  }
  return unused;
}

static void* look_back(void* unused) {
  mask_alarm();
  while (!over) {
    void* frames[20];
    free(backtrace_symbols(frames, backtrace(frames, 20)));
    ++walks;
  }
  return unused;
}

static int see(struct dl_phdr_info* info, size_t bytes, void* sum) {
  char* name = strdup(info->dlpi_name);
  *(size_t*)sum += strlen(name);
  free(name);
  return 0;
}

static void* look_around(void* unused) {
  mask_alarm();
  while (!over) {
    size_t sum = 0;
    dl_iterate_phdr(see, &sum);
  }
  return unused;
}

NOINLINE static void lose(void) {
  for (int i = 0; i < 40; ++i) keep(malloc(100));
}

int main(int count, char** arguments) {
  const int seconds = count > 1 ? atoi(arguments[1]) : 3;
  strcpy(plugin_path, beside("plugin_throws.so"));
  signal(SIGPROF, on_alarm);
  lose();
  pthread_t threads[11];
  int started = 0;
  for (int i = 0; i < 4; ++i) pthread_create(&threads[started++], NULL, load, NULL);
  for (int i = 0; i < 4; ++i) pthread_create(&threads[started++], NULL, allocate, NULL);
  pthread_create(&threads[started++], NULL, multiply, NULL);
  pthread_create(&threads[started++], NULL, look_back, NULL);
  pthread_create(&threads[started++], NULL, look_around, NULL);
  const struct itimerval every = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_PROF, &every, NULL);
  struct timespec rest = {seconds, 0};
  while (nanosleep(&rest, &rest) != 0) {
  }
  over = 1;
  for (int i = 0; i < started; ++i) pthread_join(threads[i], NULL);
  signal(SIGPROF, SIG_IGN);
  puts(loads > 0 && forks > 0 && walks > 0 ? "all came through" : "somebody did nothing");
  fprintf(stderr, "%ld loads, %ld forks, %ld walks\n", loads, forks, walks);
  return 0;
}

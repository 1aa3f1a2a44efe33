// Children are forked while other threads allocate and weir looks at what was opened with RTLD_DEEPBIND: each child opens a
// library, looks a function up, allocates and ends.
// before: slow_walk.so
// run:
#include <pthread.h>
#include <sys/wait.h>

#include "../hooks.h"

enum { kThreads = 3, kRounds = 40 };
static char g_path[4096], g_new[4096];
static int g_round, g_waiting;

static void* allocate(void* context) {
  void (*make_walks_slow)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "make_walks_slow");
  OK(cuCtxSetCurrent(context));
  make_walks_slow();
  for (int round = 1; round <= kRounds; ++round) {
    CUdeviceptr block;
    __atomic_fetch_add(&g_waiting, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&g_round, __ATOMIC_ACQUIRE) != round) sched_yield();
    for (int i = 0; i != 20; ++i) {
      OK(cuMemAlloc_v2(&block, 100));
      OK(cuMemFree_v2(block));
    }
  }
  return NULL;
}

static int child(void) {
  CUdeviceptr block;
  alarm(10);
  void* library = dlopen(g_new, RTLD_NOW | RTLD_DEEPBIND);
  if (library == NULL || dlsym(library, "names_work") == NULL || dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") == NULL) return 1;
  if (cuMemAlloc_v2(&block, 10) == CUDA_SUCCESS) return 2;
  free(malloc(100));
  return 0;
}

int main(void) {
  CUcontext context = start(0);
  pthread_t threads[kThreads];
  snprintf(g_path, sizeof(g_path), "%s/plugin_now.so", getenv("PLACE"));
  snprintf(g_new, sizeof(g_new), "%s/names.so", getenv("PLACE"));
  for (int i = 0; i != kThreads; ++i) MUST(pthread_create(&threads[i], NULL, allocate, context) == 0);
  for (int round = 1; round <= kRounds; ++round) {
    while (__atomic_load_n(&g_waiting, __ATOMIC_ACQUIRE) != kThreads * round) usleep(10);
    void* plugin = dlopen(g_path, RTLD_NOW | RTLD_DEEPBIND);  // nobody else is in the loader, nor will be
    MUST(plugin != NULL);
    __atomic_store_n(&g_round, round, __ATOMIC_RELEASE);
    usleep(round * 50);
    const pid_t pid = fork();
    if (pid == 0) _exit(child());
    int status;
    MUST(waitpid(pid, &status, 0) == pid);
    if (status != 0) printf("round %d: the child ended with %x\n", round, status);
    MUST(status == 0);
    while (round != kRounds && __atomic_load_n(&g_waiting, __ATOMIC_ACQUIRE) != kThreads * (round + 1)) usleep(10);
    dlclose(plugin);
  }
  for (int i = 0; i != kThreads; ++i) MUST(pthread_join(threads[i], NULL) == 0);
  expect("plain.device.live_blocks", 0);
  return 0;
}

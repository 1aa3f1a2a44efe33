// Libraries come and go with RTLD_DEEPBIND while other threads look functions up and allocate: nothing hangs or breaks.
// run:
#include <pthread.h>

#include "../hooks.h"

enum { kOpens = 300 };
static char g_path[4096];
static int g_done;

static void* open_and_close(void* unused) {
  for (int i = 0; i != kOpens; ++i) {
    void* plugin = dlopen(g_path, RTLD_NOW | RTLD_DEEPBIND);
    MUST(plugin != NULL);
    void (*work)(const char*) = (void (*)(const char*))dlsym(plugin, "plugin_work");
    MUST(work != NULL);
    dlclose(plugin);
  }
  __atomic_store_n(&g_done, 1, __ATOMIC_RELEASE);
  return NULL;
}

static void* look_up_and_allocate(void* context) {
  OK(cuCtxSetCurrent(context));
  long long blocks = 0;
  do {
    CUdeviceptr block;
    MUST(dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") != NULL);
    OK(cuMemAlloc_v2(&block, 100));
    OK(cuMemFree_v2(block));
    ++blocks;
  } while (!__atomic_load_n(&g_done, __ATOMIC_ACQUIRE));
  return (void*)blocks;
}

int main(void) {
  CUcontext context = start(0);
  pthread_t threads[4];
  snprintf(g_path, sizeof(g_path), "%s/plugin_now.so", getenv("PLACE"));
  for (int i = 0; i != 4; ++i)
    MUST(pthread_create(&threads[i], NULL, i < 2 ? open_and_close : look_up_and_allocate, context) == 0);
  long long blocks = 0;
  for (int i = 0; i != 4; ++i) {
    void* result;
    MUST(pthread_join(threads[i], &result) == 0);
    blocks += (long long)result;
  }
  expect("plain.device.allocated_blocks", blocks);
  expect("plain.device.live_blocks", 0);
  expect("deepbind.plugin_now.so", 2 * kOpens);
  return 0;
}

// Children are forked while other threads open libraries with RTLD_DEEPBIND, look functions up and allocate: each child opens
// a library, looks a function up, allocates and ends.
// run:
#include <pthread.h>
#include <sys/wait.h>

#include "../hooks.h"

static char g_path[4096];
static int g_done;

static void* open_and_close(void* unused) {
  while (!__atomic_load_n(&g_done, __ATOMIC_ACQUIRE)) {
    void* plugin = dlopen(g_path, RTLD_NOW | RTLD_DEEPBIND);
    MUST(plugin != NULL && dlsym(plugin, "plugin_work") != NULL);
    dlclose(plugin);
  }
  return NULL;
}

static void* look_up_and_allocate(void* context) {
  OK(cuCtxSetCurrent(context));
  while (!__atomic_load_n(&g_done, __ATOMIC_ACQUIRE)) {
    CUdeviceptr block;
    MUST(dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") != NULL);
    OK(cuMemAlloc_v2(&block, 100));
    OK(cuMemFree_v2(block));
  }
  return NULL;
}

static int child(void) {
  CUdeviceptr block;
  alarm(20);
  void* library = dlopen("libm.so.6", RTLD_NOW | RTLD_DEEPBIND);
  if (library == NULL || dlsym(library, "cos") == NULL || dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") == NULL) return 1;
  if (cuMemAlloc_v2(&block, 10) == CUDA_SUCCESS) return 2;
  free(malloc(100));
  return 0;
}

int main(void) {
  CUcontext context = start(0);
  pthread_t threads[3];
  snprintf(g_path, sizeof(g_path), "%s/plugin_now.so", getenv("PLACE"));
  for (int i = 0; i != 3; ++i)
    MUST(pthread_create(&threads[i], NULL, i < 1 ? open_and_close : look_up_and_allocate, context) == 0);
  for (int i = 0; i != 150; ++i) {
    const pid_t pid = fork();
    if (pid == 0) _exit(child());
    int status;
    MUST(waitpid(pid, &status, 0) == pid && status == 0);
  }
  __atomic_store_n(&g_done, 1, __ATOMIC_RELEASE);
  for (int i = 0; i != 3; ++i) MUST(pthread_join(threads[i], NULL) == 0);
  expect("plain.device.live_blocks", 0);
  return 0;
}

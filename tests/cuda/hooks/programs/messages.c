// What dlerror() says of a lookup that fails, and that it says nothing of one that does not, is the same with and without weir;
// but that of a name which weir exports the program's own failure names weir's file.
// run:
// output: same
#define NOT_LINKED
#include "../hooks.h"

static void look(const char* what, void* handle, const char* name) {
  dlerror();
  void* found = dlsym(handle, name);
  const char* error = dlerror();
  const char* own = error != NULL ? strstr(error, "libweir.so: ") : NULL;
  const char* program = error != NULL ? strstr(error, "messages: ") : NULL;
  error = own != NULL ? own + strlen("libweir.so: ") : program != NULL ? program + strlen("messages: ") : error;
  printf("%s %s: %s, %s\n", what, name, found != NULL ? "found" : "null", error != NULL ? error : "no error");
}

static void look_everywhere(const char* when) {
  static const char* const kNames[] = {"cuMemAlloc_v2", "cuMemAlloc_v9", "cuInit", "cudaMalloc", "cu", "c", "", "cuMemCreate"};
  printf("%s\n", when);
  for (size_t i = 0; i != sizeof(kNames) / sizeof(*kNames); ++i) {
    look("default", RTLD_DEFAULT, kNames[i]);
    look("program", dlopen(NULL, RTLD_NOW), kNames[i]);
    look("libm", dlopen("libm.so.6", RTLD_NOW), kNames[i]);
    look("driver", dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD), kNames[i]);
  }
  dlerror();
  void* none = dlvsym(RTLD_DEFAULT, "cuMemAlloc_v2", "NONE_1");
  printf("%p %s\n", none, dlerror());
  none = dlopen("none.so", RTLD_NOW | RTLD_DEEPBIND);
  printf("%p %s\n", none, dlerror());
}

int main(void) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/names.so", getenv("PLACE"));
  look_everywhere("without a driver");
  // By a library: the whole text.
  const char* (*names_error)(void) = (const char* (*)(void))dlsym(dlopen(path, RTLD_NOW), "names_error");
  printf("%s\n", names_error());
  MUST(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) != NULL);
  look_everywhere("with a local driver");
  MUST(dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL) != NULL);
  look_everywhere("with a global driver");
  void* names = dlopen(path, RTLD_NOW);
  look("own", names, "cuMemAlloc");
  expect("device.allocated_blocks", 0);
  return 0;
}

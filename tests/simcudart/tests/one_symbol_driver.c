/* A driver library of which one function can be found by name: cuGetProcAddress_v2. It hands everything to the simulated
 * driver named by ONE_SYMBOL_DRIVER, so what runs over it needs nothing but that one symbol. */
#include <dlfcn.h>
#include <stdlib.h>

typedef int (*lookup)(const char*, void**, int, unsigned long long, int*);

int cuGetProcAddress_v2(const char* name, void** out, int version, unsigned long long flags, int* status) {
  static lookup behind;
  if (behind == 0) behind = (lookup)dlsym(dlopen(getenv("ONE_SYMBOL_DRIVER"), RTLD_NOW | RTLD_LOCAL), "cuGetProcAddress_v2");
  return behind(name, out, version, flags, status);
}

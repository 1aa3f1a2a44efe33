// An interposer before libweir that watches what a CUDA runtime asks of cuGetProcAddress_v2, and where the answers lie.
// One line a request into the file SPY_LOG names: name version flags result file-of-the-answer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*Resolver)(const char*, void**, int, unsigned long, void*);
static Resolver real_resolver;

static const char* file_of(void* address) {
  Dl_info info;
  if (address == NULL || dladdr(address, &info) == 0) return "-";
  const char* slash = strrchr(info.dli_fname, '/');
  return slash != NULL ? slash + 1 : info.dli_fname;
}

static int watch(const char* name, void** out, int version, unsigned long flags, void* status) {
  const int result = real_resolver(name, out, version, flags, status);
  FILE* log = fopen(getenv("SPY_LOG"), "a");
  fprintf(log, "%s %d %lu %d %s\n", *name ? name : "-", version, flags, result, file_of(result == 0 ? *out : NULL));
  fclose(log);
  // From here on the runtime would ask the answer, and not us.
  if (result == 0 && version >= 12000 && strcmp(name, "cuGetProcAddress") == 0) {
    real_resolver = (Resolver)*out;
    *out = (void*)watch;
  }
  return result;
}

// Good enough for this test: who calls dlsym with RTLD_NEXT from here on is answered as if we asked.
void* dlsym(void* handle, const char* name) {
  static void* (*next)(void*, const char*);
  if (next == NULL) next = (void* (*)(void*, const char*))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  void* found = next(handle, name);
  if (found == NULL || strcmp(name, "cuGetProcAddress_v2") != 0) return found;
  real_resolver = (Resolver)found;
  return (void*)watch;
}

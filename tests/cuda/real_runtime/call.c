// Calls FUNCTION of LIBRARY with room for its results, so that the library starts the CUDA runtime inside it.
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char** words) {
  static char room[1 << 16];
  if (count != 3) return 2;
  void* library = dlopen(words[1], RTLD_NOW);
  if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 77;
  int (*function)(void*, int, void*) = (int (*)(void*, int, void*))dlsym(library, words[2]);
  if (function == NULL) return fprintf(stderr, "%s\n", dlerror()), 77;
  printf("%s %d\n", words[2], function(room, 1, NULL));
  return 0;
}

// Walks over the loaded libraries take a while on this thread, within the loader's lock, when the program asks for it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

typedef int (*See)(struct dl_phdr_info*, size_t, void*);
struct walk {
  See see;
  void* data;
};

__thread int walks_are_slow;

static int see_slowly(struct dl_phdr_info* info, size_t size, void* walk) {
  if (walks_are_slow) usleep(100);
  return ((struct walk*)walk)->see(info, size, ((struct walk*)walk)->data);
}

int dl_iterate_phdr(See see, void* data) {
  static int (*next)(See, void*);
  if (next == NULL) next = (int (*)(See, void*))dlsym(RTLD_NEXT, "dl_iterate_phdr");
  struct walk walk = {see, data};
  return next(see_slowly, &walk);
}

void make_walks_slow(void) { walks_are_slow = 1; }

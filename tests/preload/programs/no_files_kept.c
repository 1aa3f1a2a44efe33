// weir holds no descriptor: a program that closes all of them, and one that counts them, sees nothing strange.
//
// expect leaks("lose") == (2000, 20)
// row: faults | all descriptors counted, then closed
// lost lose 2000 20
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 10; ++i) keep(malloc(100));
}

int main(void) {
  lose();
  int open_files = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) ++open_files;
  if (folder != NULL) closedir(folder);
  for (int fd = 3; fd < 1024; ++fd) close(fd);
  lose();
  return open_files == 2 + 3 + 1 ? 0 : open_files;  // . .. 0 1 2 and the folder itself
}

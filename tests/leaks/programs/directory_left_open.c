// Directories and streams that were never closed: the library has a list of streams, of directories none.
// lost lose_directory 1 *
// reachable keep_directory 1 *
// reachable keep_stream 1 *
#include <dirent.h>
#include "leak.h"
static DIR* volatile known;
APART void keep_directory(void) { known = opendir("/"); }
APART void lose_directory(void) { (void)*(char volatile*)opendir("/"); }
APART void keep_stream(void) { (void)fopen("/dev/null", "r"); }
int main(void) {
  keep_directory();
  lose_directory();
  keep_stream();
  scrub();
  return 0;
}

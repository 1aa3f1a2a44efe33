// What the C library allocates for the caller.
// lost lose_strdup 1 6
// lost lose_strndup 1 4
// lost lose_asprintf 1 12
// lost lose_getline 1 120
// reachable keep_getline 1 120
#include "leak.h"
static char* volatile seen;
static char* line;
static size_t room;
APART void lose_strdup(void) { seen = strdup("lines"); }
APART void lose_strndup(void) { seen = strndup("lines", 3); }
APART void lose_asprintf(void) {
  char* made = NULL;
  if (asprintf(&made, "%s-%d", "number", 1234) > 0) seen = made;
}
APART void lose_getline(FILE* stream) {
  char* made = NULL;
  size_t bytes = 0;
  if (getline(&made, &bytes, stream) >= 0) seen = made;
}
APART void keep_getline(FILE* stream) { seen = getline(&line, &room, stream) >= 0 ? line : NULL; }
int main(void) {
  FILE* stream = fopen("/proc/self/status", "r");
  lose_strdup();
  lose_strndup();
  lose_asprintf();
  lose_getline(stream);
  keep_getline(stream);
  fclose(stream);
  seen = NULL;
  scrub();
  return 0;
}

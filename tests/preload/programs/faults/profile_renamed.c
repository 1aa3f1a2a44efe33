// The directory of the profile gets another name while the program runs, and another file gets the profile's name: that is left
// alone, and what was recorded until the file was full is in the one that was moved.
//
// before: mkdir -p tmp/first
// WEIR_OUT=@DIR@/tmp/first/x.weir
// run under: preload sampled
// profiles 1
// sums: no
// expect leaks("lose_before") == (1000, 10)
// expect leaks("lose_after") == (2000, 20)
// expect coverage("growth_failures") >= 1
// expect stdout == "kept\n"
// lost lose_before 1000 10
// lost lose_after 2000 20
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sites.h"
#include <sys/stat.h>

static NOINLINE void lose_before(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}
static NOINLINE void lose_after(void) {
  for (int i = 0; i != 20; ++i) keep(malloc(100));
}

int main(void) {
  lose_before();
  lose_after();
  rename("tmp/first", "tmp/second");
  mkdir("tmp/first", 0700);
  FILE* other = fopen("tmp/first/x.weir", "w");
  fputs("another's", other);
  fclose(other);
  for (unsigned i = 0; i != 5000; ++i) free(next_step(i, 15, 40));
  char text[32] = "";
  other = fopen("tmp/first/x.weir", "r");
  fgets(text, sizeof(text), other);
  fclose(other);
  printf(strcmp(text, "another's") == 0 ? "kept\n" : "lost\n");
  unlink("tmp/first/x.weir");
  return 0;
}

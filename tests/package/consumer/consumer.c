/* A program that would like to talk to weir, and runs as well without. */
#include <stdio.h>
#include <weir/weir.h>

int main(void) {
  puts(weir_is_loaded() ? "with weir" : "without weir");
  return 0;
}

// A WEIR_OUT where nothing can be written: one line says so, the profile goes elsewhere, nothing is lost.
//
// WEIR_OUT=/proc/none/such.weir
// expect leaks("lose") == (100, 1)
// expect sum("/proc/none/such.weir" in text for text in stderr_lines) == 1
#include <stdlib.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  return 0;
}

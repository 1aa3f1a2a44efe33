// A crash handler as programs have them: it allocates, prints where it was, restores the default and raises again.
//
// row: endings | SIGSEGV with a handler that allocates and re-raises
// signal 11
// lost lose 500 5
// lost lose_in_handler 26 2
// expect process["end"] == ("signal" if mode == "cli" else "killed")
#include <execinfo.h>
#include <signal.h>

#include "ending.h"

NOINLINE static void lose_in_handler(void) {
  for (int i = 0; i < 2; ++i) keep(malloc(13));
}
static void handler(int number) {
  void* frames[32];
  const int count = backtrace(frames, 32);
  char** names = backtrace_symbols(frames, count);
  if (count > 2 && names != NULL) say("a crash, with a stack\n");
  free(names);
  lose_in_handler();
  signal(number, SIG_DFL);
  raise(number);
}

int main(void) {
  signal(SIGSEGV, handler);
  lose();
  volatile int* volatile nowhere = (int*)8;
  *nowhere = 1;
}

// std::terminate with a handler of the program's own that allocates and calls exit.
//
// row: endings | std::terminate with a handler that exits
// exit 12
// lost lose 500 5
// lost lose_in_handler 26 2
// expect process["end"] == "exit" and process["exit_code"] == 12
#include <exception>

#include "ending.h"

NOINLINE static void lose_in_handler() {
  for (int i = 0; i < 2; ++i) keep(std::malloc(13));
}
NOINLINE static void hard() noexcept {
  lose();
  throw 1;
}

int main() {
  std::set_terminate([] {
    lose_in_handler();
    say("terminate\n");
    std::exit(12);
  });
  hard();
}

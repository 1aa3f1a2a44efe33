// A C++ exception that nobody catches, thrown in a thread.
//
// row: endings | uncaught C++ exception
// signal 6
// lost lose 500 5
// expect process["end"] == ("signal" if mode == "cli" else "killed")
// expect "out of luck" in stderr
#include <stdexcept>
#include <thread>

#include "ending.h"

NOINLINE static void throws() {
  lose();
  say("throwing\n");
  throw std::runtime_error{"out of luck"};
}

int main() { std::thread{throws}.join(); }

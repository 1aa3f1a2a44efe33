// Streams of the C++ library and their buffers.
// reachable keep_stream *
// lost lose_stream *
#include <fstream>
#include <sstream>
#include "leak.h"
static std::ofstream known;
static std::ostringstream* volatile seen;
APART void keep_stream() {
  known.open("/dev/null");
  known << "text";
}
APART void lose_stream() {
  seen = new std::ostringstream;
  *seen << "text that is longer than what a string has room for " << 3;
}
int main() {
  keep_stream();
  lose_stream();
  seen = nullptr;
  scrub();
  _Exit(0);
}

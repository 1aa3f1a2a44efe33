// A stream that is open knows its buffer, and the library knows the stream.
// reachable keep_buffer 1 5000
// reachable keep_stream 2 *
#include "leak.h"
APART void keep_buffer(FILE* stream) { setvbuf(stream, block(5000), _IOFBF, 5000); }
APART FILE* keep_stream(void) {
  FILE* stream = fopen("/dev/null", "w");
  return stream;
}
int main(void) {
  FILE* stream = keep_stream();
  keep_buffer(stream);
  keep_stream();
  scrub();
  return 0;
}

// A program that loses memory in two places, and holds memory unused in a third; the quickstart shows how weir
// tells them apart. Nothing here knows of weir.
#include <cstdio>
#include <cstdlib>
#include <iterator>

// 100 blocks of 64 bytes that nobody frees.
void open_sessions() {
  for (int i = 0; i < 100; ++i) {
    char* session = static_cast<char*>(std::malloc(64));
    std::snprintf(session, 64, "session %d", i);
  }
}

// 7 blocks of 1000 bytes that nobody frees.
void load_plugins() {
  for (int i = 0; i < 7; ++i) {
    void* volatile table = std::calloc(10, 100);
    (void)table;
  }
}

// Many small objects, of which every fiftieth stays: the rest is free, yet the pages are held.
char* cache[200000];

void fill_cache() {
  for (char*& entry : cache) entry = new char[90];
}

void thin_out_cache() {
  for (std::size_t i = 0; i < std::size(cache); ++i)
    if (i % 50 != 0) delete[] cache[i];
}

int main() {
  open_sessions();
  fill_cache();
  load_plugins();
  thin_out_cache();
  std::puts("done");
  std::fflush(stdout);
  std::_Exit(0);  // as a server that is stopped: the cache is still there
}

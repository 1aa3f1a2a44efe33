// A program that loses memory in two places, and holds memory unused in a third; the quickstart shows how weir
// tells them apart. Nothing here knows of weir.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

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
class Cache {
 public:
  void fill() {
    for (int i = 0; i < 200000; ++i) all_.push_back(std::make_unique<std::string>(90, static_cast<char>('a' + i % 26)));
  }
  void thin_out() {
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (i % 50 != 0) all_[i].reset();
  }

 private:
  std::vector<std::unique_ptr<std::string>> all_;
};

int main() {
  static Cache* cache = new Cache;  // on purpose never deleted
  open_sessions();
  cache->fill();
  load_plugins();
  cache->thin_out();
  std::puts("done");
  std::quick_exit(0);
}

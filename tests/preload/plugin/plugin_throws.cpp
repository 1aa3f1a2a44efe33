// A C++ plugin: it throws and catches in its constructors and when asked, prints, makes threads, and hands out blocks.
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "../support.h"

namespace {

std::string* kept;

struct Begin {
  Begin() {
    try {
      throw std::runtime_error("thrown while the loader is at work, and too long for a small string");
    } catch (const std::exception& error) {
      kept = new std::string(error.what());
    }
  }
  ~Begin() { delete kept; }
} begin;

NOINLINE void climb(int depth) {
  if (depth == 0) throw std::runtime_error("thrown on purpose, and too long for a small string");
  climb(depth - 1);
  keep(nullptr);
}

void* work(void* argument) {
  for (int i = 0; i < 100; ++i) free(keep(malloc(i * 10)));
  return new std::string(200, 'x');
}

}  // namespace

extern "C" {

int plugin_catch(int times) {
  int caught = 0;
  for (int i = 0; i < times; ++i) {
    try {
      climb(i % 10);
    } catch (const std::exception&) {
      ++caught;
    }
  }
  return caught;
}

NOINLINE char* plugin_text() { return static_cast<char*>(keep(strdup("made by the plugin"))); }

NOINLINE void plugin_forget(int blocks) {
  for (int i = 0; i < blocks; ++i) keep(new char[70]);
}

std::size_t plugin_threads() {
  pthread_t threads[4];
  std::size_t sum = 0;
  for (pthread_t& thread : threads) pthread_create(&thread, nullptr, work, nullptr);
  for (pthread_t thread : threads) {
    void* made = nullptr;
    pthread_join(thread, &made);
    sum += static_cast<std::string*>(made)->size();
    delete static_cast<std::string*>(made);
  }
  return sum;
}

void plugin_print() {
  printf("printed by the plugin\n");
  fflush(stdout);
}
}

// Threads keep blocks in flight at every moment: a batch is taken out of the places that hold it, is known by complements alone for
// some milliseconds, and is put back; then the next batch, and the first one again after seconds. What a single look sees is that
// these blocks are lost. To each line of input it says for how many milliseconds at most a batch was out since the line before.
//
// exit 0
// lost lose 728 7
// expect mode == "sampled" or verdict("lost", "stock") == (0, 0)
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "support.h"

namespace {

constexpr int kThreads = 3, kBatch = 50, kBatches = 1000;
using Places = std::uintptr_t volatile[kThreads][kBatches][kBatch];
Places g_held, g_out;

std::atomic<bool> g_over{};
std::atomic<long> g_longest{};

NOINLINE void stock() {
  for (auto& thread : g_held)
    for (auto& batch : thread)
      for (auto& place : batch) place = reinterpret_cast<std::uintptr_t>(std::memset(keep(std::malloc(48)), 1, 48));
}

struct Link {
  Link* next;
  char rest[96];
};

/// A list of which nobody knows the first, and what it leaves behind on the stack is far below.
NOINLINE void lose() {
  char far[1 << 16];
  keep(far);
  Link* first = nullptr;
  for (int i = 0; i != 7; ++i) {
    auto* link = static_cast<Link*>(keep(std::malloc(sizeof(Link))));
    link->next = first;
    first = link;
  }
  keep(first);
  first = nullptr;
  keep(&first);
  keep(far);
}

/// An address is never anywhere but in a place, and for an instant in a register.
NOINLINE void move(std::uintptr_t volatile (&from)[kBatch], std::uintptr_t volatile (&to)[kBatch]) {
  for (int i = 0; i != kBatch; ++i) {
    to[i] = ~from[i];
    from[i] = 0;
  }
}

void note(std::chrono::steady_clock::time_point since) {
  using namespace std::chrono;
  const long ms = static_cast<long>(ceil<milliseconds>(steady_clock::now() - since).count());
  for (long seen = g_longest; ms > seen && !g_longest.compare_exchange_weak(seen, ms);) {
  }
}

NOINLINE void work(int thread) {
  for (int batch = 0; !g_over; batch = (batch + 1) % kBatches) {
    const auto since = std::chrono::steady_clock::now();
    move(g_held[thread][batch], g_out[thread][batch]);
    for (int i = 0; i != 600; ++i) std::free(keep(std::malloc(100)));  // weir looks at the clock
    usleep(3000);
    move(g_out[thread][batch], g_held[thread][batch]);
    note(since);
  }
}

}  // namespace

int main() {
  stock();
  lose();
  std::vector<std::thread> threads;
  for (int i = 0; i != kThreads; ++i) threads.emplace_back(work, i);
  std::puts("ready");
  std::fflush(stdout);
  for (char c; read(0, &c, 1) == 1;) {
    std::printf("%ld\n", g_longest.exchange(0));
    std::fflush(stdout);
  }
  g_over = true;
  for (std::thread& thread : threads) thread.join();
  for (auto& thread : g_held)
    for (auto& batch : thread)
      for (auto& place : batch)
        if (place == 0) return 1;
}

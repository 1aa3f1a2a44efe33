// Runs until its input ends: one thread or four allocate and free, what was lost at the start stays lost, and a child that the program
// waits for is only ever its own. A phase begins with each line of input.
//
// exit 6
// lost lose 728 7
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "support.h"

namespace {

struct Link {
  Link* next;
  char rest[92];
};

NOINLINE Link* link_before(Link* next) {
  auto* link = static_cast<Link*>(keep(std::malloc(sizeof(Link))));
  link->next = next;
  return link;
}

/// A list of that many blocks, of which nobody knows the first.
NOINLINE void lose_here(int blocks) {
  Link* first = nullptr;
  for (int i = 0; i != blocks; ++i) first = link_before(first);
  keep(first);
}

/// The same, and what it leaves behind on the stack is far below.
NOINLINE void lose(int blocks) {
  char far[1 << 16];
  keep(far);
  lose_here(blocks);
  keep(far);
}

NOINLINE void* hold(std::size_t bytes) { return std::memset(keep(std::malloc(bytes)), 1, bytes); }

std::atomic<bool> g_over{};
std::atomic<int> g_foreign{};

void look_for_end() {
  pollfd input{0, POLLIN, 0};
  char c;
  if (poll(&input, 1, 0) == 1 && read(0, &c, 1) != 1) g_over = true;
}

/// Many blocks are known to registers and to this stack alone, at any moment.
NOINLINE void churn(bool is_alone) {
  void* kept[64]{};
  for (unsigned i = 0; !g_over; ++i) {
    if (is_alone && i % 65536 == 0) look_for_end();
    std::free(kept[i % 64]);
    kept[i % 64] = hold(16 + i % 977);
    if (i % 65536 == 0 && (waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD)) ++g_foreign;
  }
  for (void* block : kept) std::free(block);
}

}  // namespace

int main(int count, char** words) {
  const int threads = count > 1 ? std::atoi(words[1]) : 2;
  static void* g_held[10];
  for (void*& block : g_held) block = hold(1000);
  lose(7);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(churn, false);
  std::puts("ready");
  std::fflush(stdout);
  if (threads == 1) {
    churn(true);
  } else {
    for (char c; read(0, &c, 1) == 1;) {
      lose(3);
      std::free(hold(10));  // a thread's newest block may be known to a register alone
      std::puts("more");
      std::fflush(stdout);
    }
    g_over = true;
  }
  for (std::thread& other : others) other.join();
  std::printf("foreign children %d\n", g_foreign.load());
  return 6;
}

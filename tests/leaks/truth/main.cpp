// Every block of a heap in a storm, looked at at any instant, against what the test itself knows: leak_truth SEED SECONDS
//
// Threads make, resize, lose, find and free blocks, begin and end; meanwhile copies of the process are taken by another thread
// and in signal handlers, and from time to time while all stand still. Nothing is stopped or locked for a look.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "ledger.hpp"
#include "look.h"
#include "weir/weir.h"

#pragma weak weir_truth_look
#pragma weak weir_truth_crowd
#pragma weak weir_truth_is_inside

namespace truth {

Ledger* g_ledger;
RootPlace g_place[kPlaces];

namespace {

struct Place {
  Worker worker;
  pthread_t thread;
  std::atomic<int> tid;  ///< 0: none runs
  std::atomic<bool> parked, ended;
};

struct Counts {
  std::uint64_t looks[4], broken, signals, missed, steps, instructions;
};

Place g_worker[kWorkers];
std::atomic<bool> g_rest, g_all_rest, g_done, g_main_stands;
std::atomic_flag g_looking;
Report* g_report;
Counts g_counts;
unsigned g_baseline;
double g_until;

struct Stepping {
  Place* place;
  const void* stack;
  Random random;
  unsigned taken;
};
thread_local Stepping t_stepping;

std::uintptr_t g_in_bss[kWordsOfPlace];
std::uintptr_t g_in_data[kWordsOfPlace] = {1};
thread_local std::uintptr_t t_in_tls[kWordsOfPlace];

void nap(long ns) {
  const timespec pause{0, ns};
  nanosleep(&pause, nullptr);
}

double now() {
  timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
}

char* map(std::size_t bytes, int flags, int file = -1) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (at == MAP_FAILED) abort();
  return static_cast<char*>(at);
}

/// One look, by whoever has the right to look.
void look(truth_way way, const void* stack, bool at_rest) {
  // Per thread the C library keeps its dtv, and may be making or freeing one more.
  Comparison how{g_report, way, at_rest, g_baseline + 3 * kFlights};
  const int result = weir_truth_look(way, stack, compare, &how);
  ++g_counts.looks[way];
  if (result != 0) ++g_counts.broken, complain(*g_report, "look %d ended with %d", way, result);
}

void on_signal(int) {
  const int tid = static_cast<int>(syscall(SYS_gettid));
  for (unsigned i = 0; i != kWorkers; ++i) {
    if (g_worker[i].tid.load() != tid) continue;
    ++g_counts.signals;
    if (!g_looking.test_and_set(std::memory_order_acquire)) {
      look(kTruthInHandler, g_ledger->flight[i].stack_low, g_all_rest.load());
      g_looking.clear(std::memory_order_release);
    } else {
      ++g_counts.missed;
    }
    g_worker[i].worker.handled = true;
  }
}

/// After each instruction of an operation; most looks come from the midst of the allocator.
void on_step(int, siginfo_t*, void* context) {
  constexpr std::uint64_t kTrapFlag = 0x100;
  Stepping& me = t_stepping;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  ++g_counts.instructions;
  const bool is_inside = weir_truth_is_inside(static_cast<std::uintptr_t>(registers[REG_RIP])) != 0;
  if (me.random.below(is_inside ? (g_rest.load() ? 50 : 250) : 5000) == 0 && !g_looking.test_and_set(std::memory_order_acquire)) {
    look(kTruthInHandler, me.stack, false);
    ++g_counts.steps;
    g_looking.clear(std::memory_order_release);
  }
  // Of a large copy the rest is much the same.
  if (++me.taken > 20'000) registers[REG_EFL] &= ~kTrapFlag, me.taken = 0;
  me.place->worker.handled = true;
}

void set_mask(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGPROF);
  pthread_sigmask(how, &set, nullptr);
}

[[gnu::noipa]] void park(Place& place) {
  forget_newest(place.worker);
  place.parked.store(true);
  for (; g_rest.load(); nap(100'000))
    while (place.worker.steps) work_once(place.worker);
  place.parked.store(false);
}

void* work(void* argument) {
  Place& place = *static_cast<Place*>(argument);
  Worker& worker = place.worker;
  Flight& flight = g_ledger->flight[worker.number];
  place.tid.store(static_cast<int>(syscall(SYS_gettid)));
  t_stepping = {&place, flight.stack_low, {worker.random.word() | 1}, 0};
  worker.steps = false;
  set_mask(SIG_UNBLOCK);
  worker.handled = true;
  sweep(worker);
  flight.what.store(What::Nothing, std::memory_order_release);
  for (std::uint64_t left = 100 + worker.random.below(2000); left != 0 && !g_done.load(std::memory_order_relaxed); --left) {
    if (g_rest.load(std::memory_order_relaxed)) park(place);
    work_once(worker);
    // The copies are to have their turn, too.
    if (worker.random.below(12) == 0) nap(200'000);
  }
  set_mask(SIG_BLOCK);
  flight.family = kNoFamily, flight.hidden = 0;
  flight.what.store(What::Ends, std::memory_order_release);
  place.tid.store(0);
  place.ended.store(true);
  return nullptr;
}

/// The next thread, on the swept stack of the one before.
[[gnu::noipa]] void start(Place& place) {
  KEEP_APART;
  Flight &flight = g_ledger->flight[place.worker.number], &own = g_ledger->flight[kMain];
  flight.family = kNoFamily, flight.hidden = 0;
  own.what.store(What::Born, std::memory_order_release);
  flight.what.store(What::Born, std::memory_order_release);
  pthread_attr_t facts;
  pthread_attr_init(&facts);
  pthread_attr_setstack(&facts, const_cast<char*>(flight.stack_low), kStackBytes);
  place.ended.store(false);
  if (pthread_create(&place.thread, &facts, work, &place) != 0) abort();
  pthread_attr_destroy(&facts);
}

[[gnu::noipa]] void end(Place& place) {
  KEEP_APART;
  Flight &flight = g_ledger->flight[place.worker.number], &own = g_ledger->flight[kMain];
  own.what.store(What::Ends, std::memory_order_release);
  pthread_join(place.thread, nullptr);
  memset(const_cast<char*>(flight.stack_low), 0, kStackBytes);
  flight.what.store(What::Nothing, std::memory_order_release);
}

/// Starts threads in place of those that have ended, until all is done.
void keep_working(Random& random) {
  static Worker self{kMain, {}, true, false};
  const auto settle = [] {
    self.handled = true;
    sweep(self);
    g_ledger->flight[kMain].what.store(What::Nothing, std::memory_order_release);
  };
  for (unsigned i = 0; i != kWorkers; ++i) {
    g_worker[i].worker = {i, {random.word() | 1}, false, false};
    start(g_worker[i]);
    settle();
  }
  for (unsigned running = kWorkers; running != 0; nap(400'000)) {
    bool stands = true;
    for (Place& place : g_worker) {
      if (!place.ended.load() || place.thread == 0) continue;
      stands = false;
      g_main_stands.store(false);
      end(place);
      place.thread = 0;
      if (g_done.load())
        --running;
      else
        start(place);
      settle();
    }
    g_main_stands.store(stands && g_rest.load());
  }
}

/// Lets a thread trap after each instruction of its next operation.
void step(Random& random) {
  Worker& worker = g_worker[random.below(kWorkers)].worker;
  worker.steps = true;
  for (int i = 0; i != 500 && worker.steps; ++i) nap(200'000);
}

/// Sends the signal to a thread wherever it is, and waits until it has been heard, or nobody is there any more.
void send_signal(Random& random) {
  const std::uint64_t before = g_counts.signals;
  if (random.below(3) == 0) {
    const itimerval soon{{0, 0}, {0, static_cast<long>(1 + random.below(4000))}};
    setitimer(ITIMER_PROF, &soon, nullptr);
  } else {
    const int tid = g_worker[random.below(kWorkers)].tid.load();
    if (tid == 0 || syscall(SYS_tgkill, getpid(), tid, SIGUSR1) != 0) return;
  }
  for (int i = 0; i != 100 && __atomic_load_n(&g_counts.signals, __ATOMIC_RELAXED) == before; ++i) nap(200'000);
  while (g_looking.test(std::memory_order_acquire)) nap(200'000);
}

/// Of the thread that looks; it makes no blocks.
const void* g_own_stack;

[[gnu::noipa]] void find_own_stack() {
  KEEP_APART;
  pthread_attr_t facts;
  void* low = nullptr;
  std::size_t bytes = 0;
  pthread_getattr_np(pthread_self(), &facts);
  pthread_attr_getstack(&facts, &low, &bytes);
  pthread_attr_destroy(&facts);
  g_own_stack = low;
}

void sweep_own() {
  static Worker self{kMain, {}, true, false};
  self.handled = true;
  sweep(self);
}

[[gnu::noipa]] void look_here(truth_way way, bool at_rest) {
  KEEP_APART;
  while (g_looking.test_and_set(std::memory_order_acquire)) nap(100'000);
  look(way, g_own_stack, at_rest);
  g_looking.clear(std::memory_order_release);
}

void storm(Random& random, unsigned looks) {
  for (unsigned i = 0; i != looks && g_report->complaints == 0 && (now() < g_until || i < 4); ++i) {
    sweep_own();
    nap(static_cast<long>(random.below(1'500'000)));
    switch (random.below(5)) {
      case 0: look_here(kTruthOnDemand, false); break;
      case 1: look_here(kTruthAtEnd, false); break;
      case 2: step(random); break;
      default: send_signal(random);
    }
  }
}

std::uint64_t lost_by_ledger() {
  std::uint64_t lost = 0;
  for (const Family& family : g_ledger->family) lost += family.lost ? family.members : 0;
  return lost;
}

[[gnu::noipa]] int ask(weir_verdict& verdict) {
  KEEP_APART;
  return weir_scan(&verdict);
}

void rest(Random& random, bool ask_weir) {
  g_rest.store(true);
  for (bool all = false; !all; nap(300'000)) {
    all = g_main_stands.load();
    for (Place& place : g_worker) all = all && place.parked.load();
  }
  g_all_rest.store(true);
  look_here(kTruthOnDemand, true);
  look_here(kTruthAtEnd, true);
  look_here(kTruthInPlace, true);
  sweep_own();
  send_signal(random);
  if (weir_verdict verdict{}; ask_weir) {
    verdict.struct_size = sizeof(verdict);
    if (ask(verdict) != 0) complain(*g_report, "weir_scan() does not look");
    else if (verdict.lost_blocks != lost_by_ledger())
      complain(*g_report, "weir_scan() says that %lu blocks are lost, not %lu", verdict.lost_blocks, lost_by_ledger());
  }
  g_all_rest.store(false);
  for (int i = 0; i != 12 && g_report->complaints == 0 && now() < g_until; ++i) {
    g_style.store(static_cast<Style>(random.below(3)));
    step(random);
  }
  g_rest.store(false);
  for (bool any = true; any; nap(100'000)) {
    any = false;
    for (Place& place : g_worker) any = any || place.parked.load();
  }
}

struct Plan {
  std::uint64_t seed;
  double seconds;
};

/// Before anything is looked at.
void fill() {
  for (std::uint64_t blocks = 0; blocks < kFamilies; nap(1'000'000)) {
    blocks = 0;
    for (const Family& family : g_ledger->family) blocks += family.members;
  }
}

void* orchestrate(void* argument) {
  const Plan& plan = *static_cast<Plan*>(argument);
  Random random{plan.seed * 2 + 1};
  const double begin = now();
  g_until = begin + plan.seconds;
  bool is_crowded = false;
  find_own_stack();
  fill();
  for (int round = 0; (now() < g_until || round < 2) && g_report->complaints == 0; ++round) {
    g_style.store(static_cast<Style>(random.below(3)));
    storm(random, 25);
    rest(random, random.below(8) == 0);
    if (is_crowded || now() - begin < plan.seconds / 3) continue;
    weir_truth_crowd();
    is_crowded = true;
  }
  g_done.store(true);
  return nullptr;
}

void make_ledger(char* on_stack) {
  g_ledger = reinterpret_cast<Ledger*>(map(sizeof(Ledger), MAP_PRIVATE | MAP_ANONYMOUS));
  g_report = reinterpret_cast<Report*>(map(sizeof(Report), MAP_SHARED | MAP_ANONYMOUS));
  for (unsigned i = 0; i != kWorkers; ++i) {
    Flight& flight = g_ledger->flight[i];
    flight.stack_low = map(kStackBytes, MAP_PRIVATE | MAP_ANONYMOUS);
    flight.stack_high = flight.stack_low + kStackBytes;
  }
  Flight& own = g_ledger->flight[kMain];
  own.stack_high = on_stack;
  own.stack_low = reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(on_stack) - (256 << 10));
  constexpr std::size_t kSparse = 64 << 10, kBytes = kWordsOfPlace * sizeof(std::uintptr_t);
  const int file = memfd_create("words", 0);
  if (file < 0 || ftruncate(file, kBytes) != 0) abort();
  const auto word = sizeof(std::uintptr_t);
  g_place[0] = {map(kBytes, MAP_PRIVATE | MAP_ANONYMOUS), word};
  g_place[1] = {reinterpret_cast<char*>(g_in_bss), word};
  g_place[2] = {reinterpret_cast<char*>(g_in_data), word};
  g_place[3] = {map(kBytes, MAP_PRIVATE, file), word};
  g_place[4] = {static_cast<char*>(sbrk(kBytes)), word};
  g_place[5] = {reinterpret_cast<char*>(t_in_tls), word};
  g_place[6] = {on_stack, word};
  g_place[7] = {map(kWordsOfPlace * kSparse, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE) + kSparse / 2, kSparse};
}

int tell(const Plan& plan) {
  const Report& report = *g_report;
  const int classes = __builtin_popcountl(report.class_bits[0]) + __builtin_popcountl(report.class_bits[1]);
  printf("seed %lu: %lu looks on demand, %lu as at the end, %lu in handlers (%lu between two of %lu instructions, others of %lu signals), %lu in place\n", plan.seed, g_counts.looks[0],
         g_counts.looks[1], g_counts.looks[2], g_counts.steps, g_counts.instructions, g_counts.signals, g_counts.looks[3]);
  printf("%lu blocks compared, %lu lost among them, %lu rings; %d size classes; %lu blocks on their way, %lu of them without a tag; %lu of the C library\n",
         report.blocks, report.lost, report.cycles, classes, report.in_flight, report.moving, report.foreign);
  printf("%lu lost ones to which an operation under way still pointed\n", report.excused);
  for (std::uint32_t i = 0; i != report.complaints && i != sizeof(report.text) / sizeof(report.text[0]); ++i)
    printf("wrong: %s\n", report.text[i]);
  if (report.complaints != 0) printf("%u complaints; again with: leak_truth %lu %g\n", report.complaints, plan.seed, plan.seconds);
  bool is_whole = classes >= 40;
  for (const std::uint64_t looks : g_counts.looks) is_whole = is_whole && looks != 0;
  if (!is_whole) printf("wrong: of some kind there was no look, or of most size classes no block\n");
  return report.complaints != 0 || !is_whole;
}

int run(const Plan& plan, std::uintptr_t* words) {
  make_ledger(reinterpret_cast<char*>(words));
  set_mask(SIG_BLOCK);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGPROF, &action, nullptr);
  action.sa_sigaction = on_step;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  pthread_t orchestra;
  g_baseline = 16;
  if (pthread_create(&orchestra, nullptr, orchestrate, const_cast<Plan*>(&plan)) != 0) abort();
  Random random{plan.seed * 2 + 3};
  keep_working(random);
  pthread_join(orchestra, nullptr);
  return tell(plan);
}

}  // namespace
}  // namespace truth

int main(int count, char** words) {
  using namespace truth;
  if (weir_truth_look == nullptr) return puts("skipped: not under the library that looks"), 77;
  timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  const Plan plan{count > 1 ? strtoul(words[1], nullptr, 0) : static_cast<std::uint64_t>(at.tv_nsec / 1000), count > 2 ? atof(words[2]) : 8};
  std::uintptr_t on_stack[kWordsOfPlace] = {};
  asm volatile("" ::"r"(on_stack) : "memory");
  return run(plan, on_stack);
}

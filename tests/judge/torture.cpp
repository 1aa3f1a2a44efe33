// Allocates from stacks of every kind that a compiler makes of C++: judged once for each compiler and its options.
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

volatile std::size_t g_sink = 0;
[[gnu::noinline]] void allocate(std::size_t bytes) {
  void* block = std::malloc(bytes + 1);
  asm volatile("" : "+r"(block));  // so that no compiler leaves the block out
  std::free(block);
}

struct Step;
using Function = void(const Step*);
struct Step {
  Function* run;
  std::size_t value;
};
#define KIND(name) [[gnu::noinline]] void name(const Step* step)
#define GO_ON (step[1].run(step + 1), g_sink = g_sink + 1)

KIND(plain) { GO_ON; }
KIND(twice) {
  GO_ON;
  GO_ON;
}
KIND(variable) {
  auto* room = static_cast<volatile char*>(alloca(step->value % 300 + 1));
  room[0] = 1;
  GO_ON;
  g_sink = g_sink + room[0];
}
KIND(variable_length) {
  volatile char room[step->value % 200 + 1];
  room[0] = 1;
  GO_ON;
  g_sink = g_sink + room[0];
}
template <std::size_t kAlign>
KIND(realigned) {
  alignas(kAlign) volatile char room[kAlign];
  room[0] = 1;
  GO_ON;
  g_sink = g_sink + room[0];
}
KIND(huge) {
  volatile char room[9000];
  room[0] = 1;
  GO_ON;
  g_sink = g_sink + room[0];
}
KIND(busy) {
  const std::size_t v = g_sink, a = v * 3, b = v ^ step->value, c = v + 7, d = v | 5, e = a * b, f = c * d, g = e + v;
  GO_ON;
  g_sink = a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g;
}
KIND(tail) { return step[1].run(step + 1); }
KIND(catching) {
  try {
    GO_ON;
    if (step->value % 3 == 0) throw std::runtime_error{std::string(step->value % 50, 'x')};
  } catch (const std::runtime_error& error) {
    allocate(std::strlen(error.what()));
  }
}
KIND(cleaning) {
  struct Clean {
    ~Clean() { allocate(9); }
  } clean;
  GO_ON;
}
KIND(jumping) {
  jmp_buf back;
  if (setjmp(back) != 0) return allocate(5);
  GO_ON;
  if (step->value % 2 == 0) longjmp(back, 1);
}
KIND(through_function) {
  std::function<void()> next = [step] { GO_ON; };
  next();
}
KIND(through_qsort) {
  static thread_local const Step* current;
  current = step;
  int numbers[] = {2, 1};
  std::qsort(numbers, 2, sizeof(int), [](const void* a, const void* b) {
    const Step* step = current;
    GO_ON;
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
}

struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
  std::coroutine_handle<promise_type> handle;
};
Task coroutine(const Step* step) {
  allocate(3);
  co_await std::suspend_always{};
  GO_ON;
  co_await std::suspend_always{};
  allocate(4);
}
KIND(resuming) {
  const Task task = coroutine(step);
  while (!task.handle.done()) task.handle.resume();
  task.handle.destroy();
}

thread_local ucontext_t t_back, t_fiber;
thread_local const Step* t_fiber_step;
void on_fiber() {
  const Step* step = t_fiber_step;
  GO_ON;
}
thread_local bool t_has_fiber = false;
KIND(on_a_fiber) {
  if (t_has_fiber) return plain(step);
  t_has_fiber = true;
  constexpr std::size_t kBytes = 1 << 20;
  void* stack = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  getcontext(&t_fiber);
  t_fiber.uc_stack.ss_sp = stack;
  t_fiber.uc_stack.ss_size = kBytes;
  t_fiber.uc_link = &t_back;
  t_fiber_step = step;
  makecontext(&t_fiber, on_fiber, 0);
  swapcontext(&t_back, &t_fiber);
  munmap(stack, kBytes);
  t_has_fiber = false;
}

void end(const Step* step) { allocate(step->value % 100); }

Function* const kKinds[] = {plain, plain, twice, variable, variable_length, realigned<64>, realigned<128>, huge, busy, busy,
                            tail, catching, cleaning, jumping, through_function, through_qsort, resuming, on_a_fiber};

/// Paths that differ from the one before in a few frames.
void torture(unsigned seed, int rounds) {
  std::mt19937 random{seed};
  std::vector<Step> path;
  for (int i = 0; i != rounds; ++i) {
    if (random() % 3 == 0 && !path.empty()) path.resize(random() % path.size());
    else if (path.size() > 1) path.pop_back();
    std::size_t doubling = 0;
    while (path.size() < 4 || random() % 8 != 0) path.push_back({kKinds[random() % std::size(kKinds)], random()});
    for (Step& step : path)  // not more than a few captures for one path
      if ((step.run == twice || step.run == through_qsort) && ++doubling > 3) step.run = plain;
    path.push_back({end, random()});
    path[0].run(path.data());
    if (random() % 2 == 0) path[0].run(path.data());
  }
}

[[gnu::noinline]] void recurse(int depth) {
  if (depth == 0) allocate(77);
  else recurse(depth - 1);
  g_sink = g_sink + 1;
}

/// What the standard library makes of it.
void library(unsigned seed) {
  std::mt19937 random{seed};
  std::map<std::string, std::vector<std::unique_ptr<int>>> map;
  std::unordered_map<int, std::list<std::string>> lists;
  for (int i = 0; i != 2000; ++i) {
    map["key " + std::to_string(random() % 97)].push_back(std::make_unique<int>(i));
    lists[static_cast<int>(random() % 31)].emplace_back(40, 'x');
  }
  std::vector<std::string> words;
  for (const auto& [key, values] : map) words.push_back(key + std::to_string(values.size()));
  std::sort(words.begin(), words.end(), [](std::string a, std::string b) { return a < b; });
  std::stringstream text;
  for (const std::string& word : words) text << word << ' ' << word.size() << '\n';
  std::regex pattern{"key ([0-9]+)"};
  const std::string all = text.str();
  g_sink = g_sink + static_cast<std::size_t>(
                        std::distance(std::sregex_iterator{all.begin(), all.end(), pattern}, std::sregex_iterator{}));
}

// Where a handler must not allocate, it does not: the judge stands aside for the heap it is given.
volatile sig_atomic_t g_may_allocate = 0;
void on_signal(int) {
  if (g_may_allocate != 0) allocate(11);
}
/// Interrupted between any two instructions that do not allocate.
void interrupted() {
  struct sigaction action {};
  static char other_stack[1 << 16];
  stack_t other{};
  other.ss_sp = other_stack;
  other.ss_size = sizeof(other_stack);
  sigaltstack(&other, nullptr);
  action.sa_handler = on_signal;
  itimerval often{{0, 300}, {0, 300}}, never{};
  for (const int flags : {0, SA_ONSTACK}) {
    action.sa_flags = SA_RESTART | flags;
    sigaction(SIGVTALRM, &action, nullptr);
    setitimer(ITIMER_VIRTUAL, &often, nullptr);
    g_may_allocate = 1;
    std::size_t x = 1;
    for (int i = 0; i != 30'000'000; ++i) x = x * 6364136223846793005ULL + static_cast<std::size_t>(std::labs(i - 5));
    g_sink = g_sink + x;
    g_may_allocate = 0;
    setitimer(ITIMER_VIRTUAL, &never, nullptr);
  }
}

}  // namespace

int main() {
  torture(1, 500);
  library(1);
  for (int depth = 0; depth < 2000; depth += 97) recurse(depth);
  interrupted();
  for (unsigned round = 0; round != 4; ++round) {  // each begins on the stack of one that has ended
    std::thread one{[round] { torture(10 + round, 120); }}, other{[round] { library(round); }};
    one.join();
    other.join();
  }
  std::puts("done");
}

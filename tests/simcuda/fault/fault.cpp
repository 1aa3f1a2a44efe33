#include "fault/fault.hpp"

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>

#include "base/environment.hpp"
#include "base/log.hpp"
#include "base/unusual.hpp"
#include "device/context.hpp"
#include "fault/name.hpp"

namespace simcuda {
namespace {

struct Order {
  FaultOrder what;
  uint64_t seen = 0;
};

// Of one function. The thread that called it first counts its calls without a locked instruction.
struct Counter {
  const void* const first = __builtin_thread_pointer();
  std::atomic<uint64_t> by_first{0}, by_others{0};

  void count() {
    if (__builtin_thread_pointer() == first) {
      by_first.store(by_first.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      by_others.fetch_add(1);
    }
  }
  uint64_t sum() const { return by_first + by_others; }
};

struct Orders {
  std::mutex mutex;
  std::list<Order> faults;
  std::map<std::string, uint64_t> delays;              // by function, microseconds
  std::map<std::string, Counter, std::less<>> calls;  // by symbol; an entry stays where it is

  Orders() {
    for (const auto& text : split(environment("SIMCUDA_FAIL"), ',')) {
      FaultOrder order;
      if (parse_fault(text, order)) {
        faults.push_back({order});
      } else {
        complain("SIMCUDA_FAIL: '%s' is not <function>:<n>=<error>", text.c_str());
      }
    }
    for (const auto& text : split(environment("SIMCUDA_DELAY"), ',')) {
      std::string function;
      uint64_t microseconds = 0;
      if (parse_delay(text, function, microseconds)) {
        delays[function] = microseconds;
      } else {
        complain("SIMCUDA_DELAY: '%s' is not <function>=<microseconds>", text.c_str());
      }
    }
    judge();
  }

  void judge() const { set_unusual(ordered, !faults.empty() || !delays.empty()); }
};

Orders& orders() {
  static auto& only = *new Orders;
  return only;
}

// Counters that were found before, by the address of the symbol's text; who comes to a taken place looks up each time.
struct Known {
  std::atomic<const char*> symbol;
  std::atomic<Counter*> counter;
};
constinit Known known[1024]{};

Known& place_of(const char* symbol) { return known[reinterpret_cast<uintptr_t>(symbol) / 4 % std::size(known)]; }

// Without a string for the look-up: a call costs the program no memory that it would not cost on a real driver.
Counter& counter_of(Orders& all, const char* symbol) {
  auto found = all.calls.find(std::string_view(symbol));
  if (found == all.calls.end()) found = all.calls.try_emplace(symbol).first;
  Known& place = place_of(symbol);
  if (place.symbol.load() == nullptr) {  // under the lock: nobody else fills it
    place.counter.store(&found->second);
    place.symbol.store(symbol);
  }
  return found->second;
}

// The first order that is due; all that match have seen the call.
FaultOrder due(Orders& all, const char* symbol) {
  FaultOrder result{.function = {}, .error = CUDA_SUCCESS};
  for (Order& order : all.faults) {
    if (!names(order.what.function, symbol)) continue;
    ++order.seen;
    const bool now = order.seen >= order.what.nth && order.seen - order.what.nth < order.what.count;
    if (now && result.error == CUDA_SUCCESS) result = order.what;
  }
  return result;
}

uint64_t delay_of(const Orders& all, const char* symbol) {
  uint64_t sum = 0;
  for (const auto& [function, microseconds] : all.delays) {
    if (names(function, symbol)) sum += microseconds;
  }
  return sum;
}

}  // namespace

bool count_quickly(const char* symbol) {
  const Known& place = place_of(symbol);
  if (place.symbol.load() != symbol) return false;
  place.counter.load()->count();
  return true;
}

CUresult count_call(const char* symbol) {
  Orders& all = orders();
  if (!is_unusual(ordered) && count_quickly(symbol)) return CUDA_SUCCESS;
  FaultOrder fault;
  uint64_t microseconds = 0;
  {
    std::lock_guard lock(all.mutex);
    counter_of(all, symbol).count();
    fault = due(all, symbol);
    microseconds = delay_of(all, symbol);
  }
  if (microseconds != 0) std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  if (fault.error != CUDA_SUCCESS && fault.sticky && current_context() != nullptr) {
    break_context(*current_context(), fault.error);
  }
  return fault.error;
}

void order_fault(FaultOrder order) {
  std::lock_guard lock(orders().mutex);
  orders().faults.push_back({std::move(order)});
  orders().judge();
}

void order_delay(const std::string& function, uint64_t microseconds) {
  std::lock_guard lock(orders().mutex);
  orders().delays[function] = microseconds;
  orders().judge();
}

void forget_orders() {
  std::lock_guard lock(orders().mutex);
  orders().faults.clear();
  orders().delays.clear();
  orders().judge();
}

uint64_t calls_of(const char* function) {
  std::lock_guard lock(orders().mutex);
  uint64_t sum = 0;
  for (const auto& [symbol, count] : orders().calls) {
    if (function == nullptr || names(function, symbol)) sum += count.sum();
  }
  return sum;
}

}  // namespace simcuda

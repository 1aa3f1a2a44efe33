// A suspended coroutine's frame is a block: known by its handle, or by nobody.
// reachable keep_frame 2 *
// lost lose_frame 2 *
#include <coroutine>
#include <memory>
#include "leak.h"
struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};
static void* volatile known;
APART Task counts(std::unique_ptr<long> held) {
  co_await std::suspend_always{};
  *held = 2;
}
APART void keep_frame() { known = counts(std::make_unique<long>(1)).handle.address(); }
APART void lose_frame() { counts(std::make_unique<long>(1)); }
int main() {
  keep_frame();
  lose_frame();
  scrub();
  _Exit(0);
}

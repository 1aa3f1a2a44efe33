// The contexts of the calling thread.
#include "device/context.hpp"

namespace simcuda {
namespace {

// Without a destructor: threads ask until their very end.
struct Stack {
  static constexpr int kDepth = 128;
  Context* items[kDepth];
  int depth;
};
constinit thread_local Stack stack{};
// Its top, null if it is empty. Asked by every entry point: at a fixed distance from the thread's pointer.
constinit thread_local Context* top __attribute__((tls_model("initial-exec"))) = nullptr;

void changed() { top = stack.depth == 0 ? nullptr : stack.items[stack.depth - 1]; }

}  // namespace

Context* current_context() { return top; }

// What cuCtxSetCurrent does: replaces the top; null pops it.
void set_current(Context* context) {
  if (context == nullptr) {
    if (stack.depth > 0) --stack.depth;
  } else {
    if (stack.depth == 0) ++stack.depth;
    stack.items[stack.depth - 1] = context;
  }
  changed();
}

bool push_current(Context* context) {
  if (stack.depth == Stack::kDepth) return false;
  stack.items[stack.depth++] = context;
  changed();
  return true;
}

bool pop_current(Context*& context) {
  if (stack.depth == 0) return false;
  context = stack.items[--stack.depth];
  changed();
  return true;
}

}  // namespace simcuda

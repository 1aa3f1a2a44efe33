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

}  // namespace

Context* current_context() { return stack.depth == 0 ? nullptr : stack.items[stack.depth - 1]; }

// What cuCtxSetCurrent does: replaces the top; null pops it.
void set_current(Context* context) {
  if (context == nullptr) {
    if (stack.depth > 0) --stack.depth;
    return;
  }
  if (stack.depth == 0) ++stack.depth;
  stack.items[stack.depth - 1] = context;
}

bool push_current(Context* context) {
  if (stack.depth == Stack::kDepth) return false;
  stack.items[stack.depth++] = context;
  return true;
}

bool pop_current(Context*& context) {
  if (stack.depth == 0) return false;
  context = stack.items[--stack.depth];
  return true;
}

}  // namespace simcuda

// Deferred: a free returns at once, and the block serves nobody while work of whatever context may still touch it.
//
// WEIR_DEVICE_FREE=deferred
// env SIMCUDA_DEVICES=2
// bare: no
// expect live_in("pinned", "main") == (0, 0)
#include "pinned.hpp"

int main() {
  const CUcontext primary = start(0);
  const CUcontext second = make_context(0), other = make_context(1);
  for (const CUcontext busy : {primary, second, other}) {
    OK(cuCtxSetCurrent(busy));
    CUstream stream = make_stream();
    OK(cuCtxSetCurrent(primary));
    void* block = allocate(2 << 20);
    OK(cuCtxSetCurrent(busy));
    simcuda_hold(stream);
    OK(cuMemsetD8Async(at(block), 1, 2 << 20, stream));
    OK(cuCtxSetCurrent(primary));
    const unsigned long long freed = frees();
    OK(cuMemFreeHost(block));
    MUST(frees() == freed && simcuda_pending_refs(at(block), 2 << 20) == 1);
    void* others[40];
    for (void*& it : others) {
      it = allocate(2 << 20);
      MUST(it != block && simcuda_pending_refs(at(it), 2 << 20) == 0);
    }
    // What one context has done says nothing of the other.
    if (busy != primary) OK(cuCtxSynchronize());
    MUST(simcuda_pending_refs(at(block), 2 << 20) == 1);
    void* once_more = allocate(2 << 20);
    MUST(once_more != block);
    OK(cuMemFreeHost(once_more));
    for (void* it : others) OK(cuMemFreeHost(it));

    simcuda_release(stream);
    OK(cuCtxSetCurrent(busy));
    OK(cuStreamSynchronize(stream));
    OK(cuStreamDestroy(stream));
    OK(cuCtxSetCurrent(primary));
    // Now it may serve again: nothing new is needed for all of them.
    const unsigned long long before = allocations();
    bool is_back = false;
    void* all[42];
    for (void*& it : all) is_back = (it = allocate(2 << 20)) == block || is_back;
    MUST(is_back && allocations() == before);
    for (void* it : all) OK(cuMemFreeHost(it));
    OK(cuCtxSynchronize());
  }
  return done();
}

#include "device/context.hpp"

#include <map>
#include <vector>

#include "base/environment.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"

namespace simcuda {
namespace {

constexpr size_t kDefaultOverhead = size_t{64} << 20;
constexpr unsigned kNewestApi = 13000;

std::set<Context*>& known() {
  static auto& all = *new std::set<Context*>;
  return all;
}

std::multimap<EndPhase, ContextEnd>& endings() {
  static auto& all = *new std::multimap<EndPhase, ContextEnd>;
  return all;
}

void set_limits(Context& context) {
  context.limits[CU_LIMIT_STACK_SIZE] = 1024;
  context.limits[CU_LIMIT_PRINTF_FIFO_SIZE] = size_t{1} << 20;
  context.limits[CU_LIMIT_MALLOC_HEAP_SIZE] = size_t{8} << 20;
  context.limits[CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH] = 2;
  context.limits[CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT] = 2048;
  context.limits[CU_LIMIT_MAX_L2_FETCH_GRANULARITY] = 64;
}

uint64_t next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

Device& Context::on() { return *device_of(device); }

Context* new_context(int device) {
  auto* context = new Context;
  context->device = device;
  locked([&] { known().insert(context); });
  return context;
}

Context* new_primary_context(int device) {
  Context* context = new_context(device);
  context->primary = true;
  return context;
}

Context* context_of(CUcontext handle) {
  auto* context = reinterpret_cast<Context*>(handle);
  return locked([&] { return known().contains(context) ? context : nullptr; });
}

std::vector<Context*> living_contexts() {
  return locked([] {
    std::vector<Context*> living;
    for (Context* context : known()) {
      if (context->alive) living.push_back(context);
    }
    return living;
  });
}

CUresult bring_to_life(Context& context, unsigned flags) {
  static const size_t overhead = environment_bytes("SIMCUDA_CONTEXT_BYTES", kDefaultOverhead);
  return locked([&] {
    if (context.alive) return CUDA_SUCCESS;
    if (!take_physical(context.on(), overhead)) return CUDA_ERROR_OUT_OF_MEMORY;
    context.overhead = overhead;
    context.flags = flags;
    context.api_version = kNewestApi;
    context.id = next_id();
    context.sticky = CUDA_SUCCESS;
    set_limits(context);
    context.alive = true;
    return CUDA_SUCCESS;
  });
}

void end_life(Context& context) {
  if (!context.alive.exchange(false)) return;
  for (const auto& [phase, drop] : endings()) drop(context);
  locked([&] {
    for (Context* other : known()) other->peers.erase(&context);
    context.peers.clear();
    return_physical(context.on(), context.overhead);
    context.overhead = 0;
  });
}

bool at_context_end(EndPhase phase, ContextEnd drop) {
  endings().emplace(phase, drop);
  return true;
}

void break_context(Context& context, CUresult error) {
  CUresult none = CUDA_SUCCESS;
  context.sticky.compare_exchange_strong(none, error);
}

}  // namespace simcuda

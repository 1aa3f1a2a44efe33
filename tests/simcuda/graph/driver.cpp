// Where the engine meets the rest of the driver: contexts that end or break, blocks, violations, waiting.
#include "device/context.hpp"
#include "device/drain.hpp"
#include "engine/control.hpp"
#include "engine/engine.hpp"
#include "engine/events.hpp"
#include "base/lock.hpp"
#include "fault/violation.hpp"
#include "graph/executable.hpp"
#include "heap/blocks.hpp"

namespace simcuda {
namespace {

// A pool may give the address out again, in stream order, while work that uses it waits: there only the address counts.
std::uint64_t identify(std::uintptr_t address) {
  return locked([&]() -> std::uint64_t {
    const Block* block = find_block(address);
    return block == nullptr || block->kind == Kind::pool ? 0 : block->id;
  });
}

CUresult wait_for_work(Context& context) {
  engine::drain(context.handle());
  return context.sticky;
}

void end_work(Context& context) { engine::close_context(context.handle()); }

void drop_objects(Context& context) {
  engine::drop_events(context.handle());
  graph::drop_executables(context);
  module::drop_modules(context);
}

bool connect() {
  engine::set_hooks({
      .identify = identify,
      .failed = [](CUcontext handle, CUresult error, const std::string&) {
        if (Context* context = context_of(handle)) break_context(*context, error);
      },
      .broken = [](CUcontext handle) {
        const Context* context = context_of(handle);
        return context != nullptr && context->sticky != CUDA_SUCCESS;
      },
      .complain = [](const std::string& message) { violation("%s", message.c_str()); },
  });
  at_context_end(EndPhase::work, end_work);
  at_context_end(EndPhase::objects, drop_objects);
  return set_drain(wait_for_work);
}

[[maybe_unused]] const bool connected = connect();

}  // namespace
}  // namespace simcuda

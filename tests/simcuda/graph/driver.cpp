// Where the engine meets the rest of the driver: contexts that end or break, blocks, violations, waiting.
#include "base/lock.hpp"
#include "device/context.hpp"
#include "device/drain.hpp"
#include "engine/control.hpp"
#include "engine/engine.hpp"
#include "engine/events.hpp"
#include "fault/violation.hpp"
#include "graph/executable.hpp"
#include "heap/blocks.hpp"
#include "memory/pools.hpp"

namespace simcuda {
namespace {

std::uint64_t identify(std::uintptr_t address) {
  return locked([&]() -> std::uint64_t {
    const Block* block = find_block(address);
    return block == nullptr ? 0 : block->id;
  });
}

// The host has seen that work is done: memory freed in stream order may serve every stream.

CUresult wait_for_work(Context& context) {
  engine::drain(context.handle());
  memory::host_synchronised();
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
      .alive = [](std::uint64_t block, std::uintptr_t address) { return block_alive(block, address); },
      .failed =
          [](CUcontext handle, CUresult error, const std::string&) {
            if (Context* context = context_of(handle)) break_context(*context, error);
          },
      .broken =
          [](CUcontext handle) {
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

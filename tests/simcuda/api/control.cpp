// The control functions of simcuda.h that are not the engine's.
#include "simcuda.h"

#include "base/lock.hpp"
#include "device/context.hpp"
#include "device/device.hpp"
#include "fault/fault.hpp"
#include "fault/violation.hpp"
#include "heap/blocks.hpp"
#include "heap/heap.hpp"

namespace simcuda {
namespace {

static_assert(SIMCUDA_GLOBAL == static_cast<int>(Kind::global) &&
              SIMCUDA_DEVICE == static_cast<int>(Kind::device));

template <class Sum>
unsigned long long over_blocks(int device, int kind, Sum&& sum) {
  return locked([&] {
    unsigned long long total = 0;
    for (const auto& [base, block] : all_blocks()) {
      if (device >= 0 && block.device != device) continue;
      if (kind >= 0 && static_cast<int>(block.kind) != kind) continue;
      total += sum(block);
    }
    return total;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" void simcuda_fail(const char* function, unsigned long long nth, unsigned long long count,
                             CUresult error, int sticky) {
  order_fault({function, nth, count, error, sticky != 0});
}

extern "C" void simcuda_delay(const char* function, unsigned long long microseconds) {
  order_delay(function, microseconds);
}

extern "C" void simcuda_break_context(CUresult error) {
  if (Context* context = current_context()) break_context(*context, error);
}

extern "C" void simcuda_forget_orders() { forget_orders(); }

extern "C" unsigned long long simcuda_calls(const char* function) { return calls_of(function); }

extern "C" unsigned long long simcuda_live_blocks(int device, int kind) {
  return over_blocks(device, kind, [](const Block&) { return 1ull; });
}

extern "C" unsigned long long simcuda_live_bytes(int device, int kind) {
  return over_blocks(device, kind, [](const Block& block) { return block.bytes; });
}

extern "C" unsigned long long simcuda_block_bytes(CUdeviceptr address) {
  return locked([&]() -> unsigned long long {
    const Block* block = block_at(address);
    return block == nullptr ? 0 : block->bytes;
  });
}

extern "C" unsigned long long simcuda_used_bytes(int number) {
  const Device* device = device_of(number);
  return device == nullptr ? 0 : locked([&] { return device->used; });
}

extern "C" unsigned long long simcuda_violations() { return violations(); }

extern "C" unsigned long long simcuda_check() {
  return locked([] { return check_heap(); });
}

// Every call of the driver fails once, in turn, while a small program goes through its day: what the program is told is what the
// driver has said, nothing is lost, and the next day is as good as ever.
//
//   faults FUNCTION...      each call of these functions, with several errors; prints a line each
//   faults                  one day with whatever SIMCUDA_FAIL orders from the start
//
// run by: faults/run.py
#include <cuda.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "simcuda.h"
#include "torture/pool_records.hpp"

extern "C" CUresult CUDAAPI cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice device);

namespace {

constexpr int kBlocks = 6;
constexpr std::size_t kSizes[kBlocks] = {100, 5000, 5000, 1 << 20, 3 << 20, 5000};

/// What failed today: the step and its code, in order.
std::vector<std::pair<std::string, int>> g_failed;
torture::PoolRecords g_pools;
int g_wrong = 0;

[[gnu::format(printf, 1, 2)]] void wrong(const char* format, ...) {
  ++g_wrong;
  va_list words;
  va_start(words, format);
  std::fputs("WRONG: ", stdout);
  std::vprintf(format, words);
  std::fputc('\n', stdout);
  va_end(words);
}

bool step(const char* what, CUresult result) {
  if (result != CUDA_SUCCESS) g_failed.emplace_back(what, result);
  return result == CUDA_SUCCESS;
}
#define STEP(call) step(#call, call)
/// For what the rest of the day cannot do without.
#define TWICE(call) (STEP(call) || STEP(call))

struct Day {
  CUcontext first = nullptr, second = nullptr, made = nullptr;
  CUstream streams[3]{};  ///< blocking, non-blocking, of the second device
  CUdeviceptr blocks[kBlocks]{};
  void* pinned[2]{};
  bool may_reach = false;  ///< the second the first's memory
};

void enter(CUcontext context) { TWICE(cuCtxSetCurrent(context)); }

void begin(Day& day) {
  TWICE(cuDevicePrimaryCtxRetain(&day.first, 0));
  TWICE(cuDevicePrimaryCtxRetain(&day.second, 1));
  enter(day.second);
  TWICE(cuStreamCreate(&day.streams[2], CU_STREAM_NON_BLOCKING));
  for (int i = 0; i != 2; ++i)
    if (const CUresult result = cuCtxEnablePeerAccess(day.first, 0);
        result == CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED || step("cuCtxEnablePeerAccess", result)) {
      day.may_reach = true;
      break;
    }
  enter(day.first);
  TWICE(cuStreamCreate(&day.streams[0], CU_STREAM_DEFAULT));
  TWICE(cuStreamCreate(&day.streams[1], CU_STREAM_NON_BLOCKING));
}

void free_block(CUdeviceptr& block) {
  if (block != 0 && step("cuMemFree", cuMemFree(block))) block = 0;
}

void free_pinned(void*& block) {
  if (block != nullptr && step("cuMemFreeHost", cuMemFreeHost(block))) block = nullptr;
}

void use(CUdeviceptr block, CUstream stream) {
  if (block != 0) STEP(cuMemsetD8Async(block, 1, 100, stream));
}

void work(Day& day) {
  for (int round = 0; round != 2; ++round) {
    for (int i = 0; i != kBlocks; ++i) {
      if (day.blocks[i] == 0 && !step("cuMemAlloc", cuMemAlloc(&day.blocks[i], kSizes[i]))) day.blocks[i] = 0;
      use(day.blocks[i], day.streams[i % 2]);
    }
    std::size_t free = 0, total = 0;
    STEP(cuMemGetInfo(&free, &total));
    if (day.streams[2] != nullptr && day.may_reach) {
      enter(day.second);
      use(day.blocks[3], day.streams[2]);
      enter(day.first);
    }
    for (int i = 0; i != kBlocks; i += 2) free_block(day.blocks[i]);
    STEP(cuCtxSynchronize());
    for (void*& block : day.pinned) {
      if (block == nullptr && !step("cuMemHostAlloc", cuMemHostAlloc(&block, 70000, CU_MEMHOSTALLOC_PORTABLE))) block = nullptr;
      if (block != nullptr && day.blocks[3] != 0)
        STEP(cuMemcpyHtoDAsync(day.blocks[3], block, 70000, day.streams[1]));
    }
    for (void*& block : day.pinned) free_pinned(block);
    CUevent event = nullptr;
    if (STEP(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING))) {
      STEP(cuEventRecord(event, day.streams[0]));
      STEP(cuStreamWaitEvent(day.streams[1], event, 0));
      STEP(cuEventSynchronize(event));
      STEP(cuEventDestroy(event));
    }
    STEP(cuStreamSynchronize(day.streams[1]));
  }
}

void capture(Day& day) {
  CUgraph graph = nullptr;
  if (day.blocks[1] == 0 || day.streams[1] == nullptr) return;
  if (!STEP(cuStreamBeginCapture(day.streams[1], CU_STREAM_CAPTURE_MODE_RELAXED))) return;
  use(day.blocks[1], day.streams[1]);
  CUdeviceptr beside = 0;
  if (step("cuMemAlloc in a capture", cuMemAlloc(&beside, 5000)) && !step("cuMemFree in a capture", cuMemFree(beside)))
    free_block(beside);
  TWICE(cuStreamEndCapture(day.streams[1], &graph));
  if (graph != nullptr) TWICE(cuGraphDestroy(graph));
}

void second_context(Day& day) {
  if (!STEP(cuCtxCreate_v2(&day.made, 0, 0))) return;
  CUdeviceptr block = 0, left = 0;
  if (step("cuMemAlloc", cuMemAlloc(&block, 5000))) free_block(block);
  if (block != 0) free_block(block);
  if (!step("cuMemAlloc", cuMemAlloc(&left, 5000))) left = 0;  // goes with the context
  TWICE(cuCtxDestroy(day.made));
  enter(day.first);
}

/// Everything is given back, with a second try for what failed.
void end(Day& day, bool is_broken) {
  if (!is_broken) {
    enter(day.first);
    for (int i = 0; i != 3; ++i) {
      for (CUdeviceptr& block : day.blocks) free_block(block);
      for (void*& block : day.pinned) free_pinned(block);
    }
    STEP(cuCtxSynchronize());
    for (CUstream stream : day.streams)
      if (stream != nullptr) TWICE(cuStreamDestroy(stream));
  } else {
    for (int device = 2; device-- != 0;)  // the second device's work uses the first's memory
      if (cuDevicePrimaryCtxReset(device) != CUDA_SUCCESS) cuDevicePrimaryCtxReset(device);
  }
  for (int device = 0; device != 2; ++device)
    TWICE(cuDevicePrimaryCtxRelease(device));
}

void one_day(bool is_broken) {
  g_failed.clear();
  Day day;
  begin(day);
  work(day);
  capture(day);
  second_context(day);
  if (is_broken) simcuda_forget_orders();
  end(day, is_broken);
}

/// The driver's blocks are those that the pools keep.
void check_stock(const char* when) {
  for (int device = -1; device != 2; ++device) {
    const auto* pool = g_pools.of(device);
    const auto kept = pool == nullptr ? 0 : pool->idle_blocks + pool->pending_blocks;
    const auto driver = static_cast<long>(simcuda_live_blocks(device, device < 0 ? SIMCUDA_PINNED : SIMCUDA_DEVICE));
    if (driver != kept)
      wrong("%s: device %d (-1: pinned): the driver has %ld blocks, the pool keeps %ld", when, device, driver, kept);
    if (pool != nullptr && (pool->live_blocks != 0 || pool->live_bytes != 0))
      wrong("%s: device %d: the pool says that %ld blocks live", when, device, pool->live_blocks);
  }
}

void print_failed(const std::string& head) {
  std::printf("%s:", head.c_str());
  for (const auto& [what, code] : g_failed) std::printf(" [%s %d]", what.c_str(), code);
  std::putchar('\n');
}

void try_fault(const std::string& function, std::uint64_t nth, CUresult error, bool is_sticky) {
  const std::string head = function + " " + std::to_string(nth) + " " + std::to_string(error) + (is_sticky ? "!" : "");
  simcuda_fail(function.c_str(), nth, 1, error, is_sticky);
  one_day(is_sticky);
  simcuda_forget_orders();
  print_failed(head);
  for (const auto& [what, code] : g_failed)
    if (code != error) wrong("%s: %s answers %d", head.c_str(), what.c_str(), code);
  if (!is_sticky && g_failed.size() > 1) wrong("%s: one fault, %zu failures", head.c_str(), g_failed.size());
  check_stock(head.c_str());
  one_day(false);
  if (!g_failed.empty()) print_failed("the day after " + head), wrong("the day after %s has failures", head.c_str());
  check_stock(("the day after " + head).c_str());
}

}  // namespace

int main(int count, char** functions) {
  if (count == 1) {
    if (step("cuInit", cuInit(0)) || step("cuInit", cuInit(0))) one_day(false);
    print_failed("one day");
    check_stock("one day");
    simcuda_forget_orders();
    one_day(false);
    if (!g_failed.empty()) print_failed("the next day"), wrong("the next day has failures");
    check_stock("the next day");
    return g_wrong != 0;
  }
  if (cuInit(0) != CUDA_SUCCESS) return 2;
  // A context of the process's own life: the days' retains are not the last, so what is pooled lasts from day to day.
  CUcontext kept = nullptr;
  cuDevicePrimaryCtxRetain(&kept, 0);
  cuDevicePrimaryCtxRetain(&kept, 1);
  one_day(false);
  one_day(false);
  if (!g_failed.empty()) print_failed("no fault"), wrong("failures without a fault");
  check_stock("no fault");
  std::map<std::string, unsigned long long> calls;
  for (int i = 1; i != count; ++i) calls[functions[i]] = simcuda_calls(functions[i]);
  one_day(false);
  for (auto& [function, number] : calls) {
    number = simcuda_calls(function.c_str()) - number;
    std::printf("calls %s %llu\n", function.c_str(), number);
  }
  for (const auto& [function, number] : calls)
    for (unsigned long long nth = 1; nth <= number && nth <= 24; ++nth) {
      try_fault(function, nth, CUDA_ERROR_OUT_OF_MEMORY, false);
      try_fault(function, nth, CUDA_ERROR_UNKNOWN, false);
      try_fault(function, nth, CUDA_ERROR_ILLEGAL_ADDRESS, true);
    }
  if (std::getenv("WEIR_OUT") != nullptr && g_pools.in_all(2).hits == 0) wrong("the pools never served anything");
  std::printf("wrong: %d\n", g_wrong);
  return g_wrong != 0;
}

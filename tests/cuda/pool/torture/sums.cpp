#include "torture/sums.hpp"

#include <cstdarg>
#include <cstdio>
#include <mutex>

#include "simcuda.h"

namespace torture {

Sums g_sums;
std::atomic<std::uint64_t> g_refusals;
std::atomic<int> g_captures_open;

namespace {

bool is_of_captures(CUresult result) {
  return result >= CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED && result <= CUDA_ERROR_CAPTURED_EVENT;
}

}  // namespace

void violation(const char* format, ...) {
  static std::mutex one;
  const std::lock_guard hold{one};
  if (g_sums.violations.fetch_add(1) >= 5) return;
  std::va_list words;
  va_start(words, format);
  std::fprintf(stderr, "VIOLATION after %lu operations: ", g_sums.operations.load());
  std::vfprintf(stderr, format, words);
  std::fputc('\n', stderr);
  va_end(words);
}

bool is_stopped() { return g_sums.violations.load(std::memory_order_relaxed) != 0; }

bool good(CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) return true;
  if (is_of_captures(result)) {
    ++g_refusals;
    ++g_sums.refused;
    if (g_sums.captures == 0) violation("%s: %d, but nothing was ever captured", what, static_cast<int>(result));
    return false;
  }
  violation("%s: %d", what, static_cast<int>(result));
  return false;
}

void print_sums(const PoolRecords::Use& use) {
  if (simcuda_violations() != 0) violation("the driver counts %llu of its own", simcuda_violations());
  const Sums& s = g_sums;
  std::printf("{\"operations\": %lu, \"allocations\": %lu, \"pinned\": %lu, \"frees\": %lu, \"ordered_frees\": %lu, "
              "\"no_memory\": %lu, \"launches\": %lu, \"stamps_seen\": %lu, \"captures\": %lu, \"captures_lost\": %lu, "
              "\"graph_launches\": %lu, \"peer_copies\": %lu, \"contexts_ended\": %lu, \"accounts\": %lu, \"refused\": %lu, \"violations\": %lu,\n"
              " \"hits\": %lu, \"misses\": %lu, \"waits\": %lu, \"retired_by_fence\": %lu, \"retired_by_program\": %lu, "
              "\"shed\": %lu, \"aside\": %lu, \"rescued\": %lu}\n",
              s.operations.load(), s.allocations.load(), s.pinned.load(), s.frees.load(), s.ordered_frees.load(),
              s.no_memory.load(), s.launches.load(), s.stamps_seen.load(), s.captures.load(), s.captures_lost.load(),
              s.graph_launches.load(), s.peer_copies.load(), s.contexts_ended.load(), s.accounts.load(), s.refused.load(),
              s.violations.load(), use.hits, use.misses, use.waits, use.by_fence, use.by_program, use.shed, use.aside,
              use.rescued);
  std::fflush(stdout);
}

}  // namespace torture

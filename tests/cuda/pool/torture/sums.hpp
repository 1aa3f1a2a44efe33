// What was done and what was found. Any thread.
#pragma once

#include <cuda.h>

#include <atomic>
#include <cstdint>

#include "torture/pool_records.hpp"

namespace torture {

struct Sums {
  std::atomic<std::uint64_t> operations, allocations, pinned, frees, ordered_frees, no_memory, launches, stamps_seen,
      captures, captures_lost, graph_launches, peer_copies, contexts_ended, accounts, refused, violations;
};
extern Sums g_sums;

/// Calls that a capture under way somewhere has refused, or could have spoiled.
extern std::atomic<std::uint64_t> g_refusals;
extern std::atomic<int> g_captures_open;

[[gnu::format(printf, 1, 2)]] void violation(const char* format, ...);
[[nodiscard]] bool is_stopped();

/// Success? What a capture refuses is none, and no violation; any other code is one, with what was called.
bool good(CUresult result, const char* what);
#define GOOD(call) good((call), #call)

void print_sums(const PoolRecords::Use& use);

}  // namespace torture

// Any history of two caches on one record, and of their index: as the model has it, after every step.
#include <cstdio>
#include <cstdlib>

#include "fuzz/fuzz.hpp"
#include "support/pool_history.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  test::PoolHistory history{data[0] % 2 == 0 ? pool::Classes::Fine : pool::Classes::Pow2};
  for (std::size_t at = 1; at + 4 <= size && at < 2048; at += 4) {
    history.step(data[at], static_cast<std::uint16_t>(data[at + 1] | data[at + 2] << 8), data[at + 3]);
    if (history.wrong().empty()) continue;
    std::fprintf(stderr, "step %zu: %s\n", at / 4, history.wrong().c_str());
    std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> out;
  std::uint32_t state = 1;
  for (std::uint8_t classes = 0; classes != 2; ++classes) {
    std::vector<std::uint8_t>& seed = out.emplace_back();
    seed.push_back(classes);
    for (int i = 0; i != 60 * 4; ++i) {
      state = state * 1664525U + 1013904223U;
      // Sizes are few, or hits would be.
      seed.push_back(static_cast<std::uint8_t>(i % 4 == 1 ? state >> 29U : i % 4 == 2 ? 0 : state >> 24U));
    }
  }
  return out;
}

// Any history of slabs: as the model has it, after every step.
#include <cstdio>
#include <cstdlib>

#include "fuzz/fuzz.hpp"
#include "support/slab_history.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::SlabHistory history;
  for (std::size_t at = 0; at + 5 <= size && at < 2560; at += 5) {
    history.step(data[at], static_cast<std::uint16_t>(data[at + 1] | data[at + 2] << 8),
                 static_cast<std::uint16_t>(data[at + 3] | data[at + 4] << 8));
    if (history.wrong().empty()) continue;
    std::fprintf(stderr, "step %zu: %s\n", at / 5, history.wrong().c_str());
    std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> out;
  std::uint32_t state = 1;
  for (int n = 0; n != 2; ++n) {
    std::vector<std::uint8_t>& seed = out.emplace_back();
    for (int i = 0; i != 120 * 5; ++i) {
      state = state * 1664525U + 1013904223U;
      seed.push_back(static_cast<std::uint8_t>(state >> 24U));
    }
  }
  return out;
}

#pragma once

#include <chrono>
#include <cstdint>

namespace torture {

struct Options {
  std::uint64_t seed = 1, operations = 1000;
  int threads = 1;
  bool lazy = false, held = false, calm = false, small = false;
  double seconds = 0;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed * 0x9E3779B97F4A7C15 + 1} {}
  std::uint64_t below(std::uint64_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ * 0x2545F4914F6CDD1D >> 20) % n;
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace torture

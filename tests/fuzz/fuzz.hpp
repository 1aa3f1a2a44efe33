// What a fuzzer is: one function on bytes, and the bytes to begin with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Must return 0 and not crash, whatever the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Inputs worth mutating.
std::vector<std::vector<std::uint8_t>> fuzz_seeds();

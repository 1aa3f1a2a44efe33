// The second process of a test: this program again, by posix_spawn, playing a role that is registered by name. It has
// no CUDA state but its own. What it is told arrives as bytes and as a descriptor.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace simcuda::test {

/// Where the second process finds the descriptor it was given.
constexpr int kGivenDescriptor = 100;

using Message = std::vector<unsigned char>;

/// Registered by static initialisation; the role's answer is the exit status, 0 for success.
struct Role {
  Role(const char* name, std::function<int(const Message&)> play);
};

/// Runs the role to its end and gives its exit status; -1 if it could not be started or was killed.
int play(const std::string& role, std::span<const unsigned char> message, int descriptor = -1);

template <class T>
std::span<const unsigned char> as_message(const T& value) {
  return {reinterpret_cast<const unsigned char*>(&value), sizeof value};
}

}  // namespace simcuda::test

/// In a role: says what is wrong and ends with failure.
#define EXPECT_IN_ROLE(condition)                                                \
  if (!(condition)) {                                                            \
    std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    return 1;                                                                    \
  }

// A test of the driver that is linked in: each test has a process of its own (ctest runs them one by one; a run of
// the whole program forks for each), so variables set before cuInit count.
#pragma once
#include <cuda.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "simcuda.h"

namespace simcuda::test {

using Variables = std::map<std::string, std::string>;

// Runs body in a forked child that has not seen the driver yet; the child's failures are this test's.
inline void in_driver(const Variables& variables, const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    [&]() noexcept { body(); }();  // an exception must not go on to the tests that follow
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// The same with cuInit done and a context of device 0 current.
inline void in_context(const Variables& variables, const std::function<void()>& body) {
  in_driver(variables, [&] {
    CUcontext context = nullptr;
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxCreate_v2(&context, 0, 0), CUDA_SUCCESS);
    body();
  });
}
inline void in_context(const std::function<void()>& body) { in_context({}, body); }

inline CUdeviceptr allocated(size_t bytes) {
  CUdeviceptr address = 0;
  EXPECT_EQ(cuMemAlloc_v2(&address, bytes), CUDA_SUCCESS);
  return address;
}

inline size_t free_bytes() {
  size_t free = 0;
  EXPECT_EQ(cuMemGetInfo_v2(&free, nullptr), CUDA_SUCCESS);
  return free;
}

constexpr size_t KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

}  // namespace simcuda::test

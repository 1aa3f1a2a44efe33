// The simulated driver, opened in a child that has not seen it yet; the child's failures are the test's. The test calls
// the driver as a program under weir does, through the wrappers: W(cuCtxCreate_v2)(…); what is not wrapped, and what the
// program would do without weir, directly: D(cuStreamQuery)(…).
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/driver_api.hpp"
#include "core/cuda/function.hpp"
#include "simcuda/simcuda.h"

namespace weir::test {

#define W(name) \
  (reinterpret_cast<decltype(&::name)>(cuda::wrapper_of(cuda::Function::name, cuda::CudaRoute::Linked)))
#define D(name) (reinterpret_cast<decltype(&::name)>(weir::test::driver_function(#name)))
#define OK(call) ASSERT_EQ((call), CUDA_SUCCESS)
#define MUST(call) EXPECT_EQ((call), CUDA_SUCCESS)

inline void* g_driver = nullptr;

inline void* driver_function(const char* name) {
  void* found = dlsym(g_driver, name);
  EXPECT_NE(found, nullptr) << name;
  return found;
}

enum class Driver { New, Old };  ///< Old: without cuCtxRecordEvent

inline void in_driver(Driver driver, const std::map<std::string, std::string>& variables,
                      const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    g_driver = dlopen(
        driver == Driver::New ? WEIR_TEST_SIMCUDA "/libcuda.so.1" : WEIR_TEST_SIMCUDA "/old/libcuda.so.1",
        RTLD_NOW | RTLD_GLOBAL);
    EXPECT_NE(g_driver, nullptr) << dlerror();
    if (g_driver != nullptr) {
      cuda::get_ready();
      body();
    }
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// With a context of device 0 current.
inline void in_context(Driver driver, const std::function<void()>& body) {
  in_driver(driver, {{"SIMCUDA_DEVICES", "2"}}, [&] {
    CUcontext context = nullptr;
    OK(D(cuInit)(0));
    OK(W(cuCtxCreate_v2)(&context, 0, 0));
    body();
  });
}
inline void in_context(const std::function<void()>& body) { in_context(Driver::New, body); }

inline CUcontext current() {
  CUcontext context = nullptr;
  MUST(D(cuCtxGetCurrent)(&context));
  return context;
}

/// Made in a context that is not current afterwards.
inline CUcontext another_context(CUdevice device = 0) {
  CUcontext made = nullptr, popped = nullptr;
  MUST(W(cuCtxCreate_v2)(&made, 0, device));
  MUST(D(cuCtxPopCurrent_v2)(&popped));
  return made;
}

inline CUstream new_stream(unsigned flags = CU_STREAM_NON_BLOCKING) {
  CUstream stream = nullptr;
  MUST(W(cuStreamCreate)(&stream, flags));
  return stream;
}

/// Runs `body` with this context current.
template <class Body>
void within(CUcontext context, Body body) {
  CUcontext popped = nullptr;
  MUST(D(cuCtxPushCurrent_v2)(context));
  body();
  MUST(D(cuCtxPopCurrent_v2)(&popped));
}

/// Work in a stream that does not begin until it is let go.
class HeldWork {
 public:
  explicit HeldWork(CUstream stream, bool is_per_thread = false) : stream_{stream} {
    CUdeviceptr block = 0;
    MUST(D(cuMemAlloc_v2)(&block, 4096));
    EXPECT_NE(D(simcuda_hold)(stream), 0);
    MUST((is_per_thread ? D(cuMemsetD8Async_ptsz) : D(cuMemsetD8Async))(block, 1, 4096, stream));
  }
  void let_go() const { D(simcuda_release)(stream_); }

 private:
  CUstream stream_;
};

inline unsigned long long calls(const char* function = nullptr) { return D(simcuda_calls)(function); }

}  // namespace weir::test

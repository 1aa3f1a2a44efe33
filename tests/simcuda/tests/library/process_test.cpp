// The library in programs of all kinds: how they come to it, and how they end.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/library/program.hpp"

using simcuda::test::program;
using simcuda::test::run;

namespace {

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Nothing of the driver is destroyed by exit: a handler registered right after cuInit runs after the destructors of
// all that came later, and before the driver's end.
TEST(Process, OnceExitHasBegunTheDriverIsGoneAndNotBefore) {
  const auto ran = program(R"(
    #include <cuda.h>
    #include <stdio.h>
    #include <stdlib.h>
    CUdeviceptr address, other;
    void after(void) { printf("after %d %d\n", cuMemFree(address), cuInit(0)); }
    void between(void) { printf("between %d\n", cuMemFree(other)); }
    void before(void) { printf("before %d\n", cuMemAlloc(&address, 1)); }
    int main(void) {
      CUcontext context;
      atexit(after);
      cuInit(0);
      atexit(between);
      cuCtxCreate(&context, 0, 0, 0);
      cuMemAlloc(&other, 1);
      atexit(before);
      return 0;
    })");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "before 0\nbetween 0\nafter 4 4\n");
}

TEST(Process, EndsWhileThreadsAreInside) {
  const auto ran = program(R"(
    #include <cuda.h>
    #include <pthread.h>
    #include <stdatomic.h>
    #include <unistd.h>
    CUcontext context;
    atomic_int calls;
    void* work(void* unused) {
      cuCtxSetCurrent(context);
      for (;;) {
        CUdeviceptr address;
        if (cuMemAlloc(&address, 5000) == CUDA_SUCCESS) cuMemFree(address);
        atomic_fetch_add(&calls, 1);
      }
    }
    int main(void) {
      cuInit(0);
      cuCtxCreate(&context, 0, 0, 0);
      for (int i = 0; i < 4; ++i) {
        pthread_t thread;
        pthread_create(&thread, 0, work, 0);
      }
      while (atomic_load(&calls) < 1000) usleep(1000);
      return 0;
    })");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST(Process, ComesByDlopenAloneAndMayCloseIt) {
  for (const char* flags : {"RTLD_NOW", "RTLD_NOW | RTLD_DEEPBIND", "RTLD_LAZY | RTLD_GLOBAL"}) {
    const std::string path = simcuda::test::build(std::string(R"(
      #define _GNU_SOURCE
      #include <cuda.h>
      #include <dlfcn.h>
      #undef cuMemAlloc
      int main(void) {
        for (int round = 0; round < 2; ++round) {
          void* driver = dlopen("libcuda.so.1", )") + flags +
                                                      R"();
          if (!driver) return 1;
          CUresult (*init)(unsigned) = dlsym(driver, "cuInit");
          CUresult (*create)(CUcontext*, unsigned, CUdevice) = dlsym(driver, "cuCtxCreate_v2");
          CUresult (*alloc)(CUdeviceptr*, size_t) = dlsym(driver, "cuMemAlloc_v2");
          CUcontext context;
          CUdeviceptr address;
          if (init(0) || create(&context, 0, 0) || alloc(&address, 100)) return 2;
          dlclose(driver);
        }
        return 0;
      })",
                                                  "-ldl", "program");
    const auto ran = run("env LD_LIBRARY_PATH=" SIMCUDA_FOLDER " " + path);
    EXPECT_EQ(ran.status, 0) << flags << ran.output;
  }
}

TEST(Process, APythonProgramUsesIt) {
  const auto script = simcuda::test::written("use.py", R"(
import ctypes
cuda = ctypes.CDLL("libcuda.so.1")
context, address, free = ctypes.c_void_p(), ctypes.c_uint64(), ctypes.c_size_t()
assert cuda.cuInit(0) == 0
assert cuda.cuCtxCreate_v2(ctypes.byref(context), 0, 0) == 0
assert cuda.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(1 << 20)) == 0
assert cuda.cuMemGetInfo_v2(ctypes.byref(free), None) == 0
assert cuda.simcuda_live_bytes(-1, -1) == 1 << 20
assert cuda.cuMemFree_v2(address) == 0
assert cuda.cuMemFree_v2(address) == 1
)");
  const auto ran = run("env LD_LIBRARY_PATH=" SIMCUDA_FOLDER " " SIMCUDA_PYTHON " " + script);
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST(Process, TheLogHasALinePerCallWithItsResult) {
  const std::string log = simcuda::test::folder() + "/log";
  const auto ran = program(R"(
    #include <cuda.h>
    int main(void) {
      CUcontext context;
      CUdeviceptr address;
      cuInit(0);
      cuCtxCreate(&context, 0, 0, 0);
      cuMemAlloc(&address, 100);
      cuMemFree(address);
      cuMemFree(address);
      return 0;
    })",
                           "SIMCUDA_LOG=" + log);
  EXPECT_EQ(ran.status, 0);
  const auto lines = simcuda::test::lines(contents(log));
  ASSERT_EQ(lines.size(), 5u) << contents(log);
  EXPECT_TRUE(lines[0].ends_with("] cuInit = CUDA_SUCCESS"));
  EXPECT_NE(lines[2].find("] cuMemAlloc_v2 100 bytes at 0x"), std::string::npos);
  EXPECT_TRUE(lines[4].ends_with(" = CUDA_ERROR_INVALID_VALUE"));
  for (const auto& line : lines) EXPECT_TRUE(line.starts_with("simcuda: ["));
}

TEST(Process, AnOrderThatIsNotUnderstoodIsTold) {
  const auto ran =
      program("#include <cuda.h>\nint main(void) { return cuInit(0); }", "SIMCUDA_FAIL=cuInit:1");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "simcuda: SIMCUDA_FAIL: 'cuInit:1' is not <function>:<n>=<error>\n");
}

}  // namespace

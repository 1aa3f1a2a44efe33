// Beside a library that knows what its memory is (NCCL, MPI …) device memory stays device memory from the moment on that it is
// loaded, and the user is told once, by stderr and the profile; unless forced.
//
// run with: WEIR_DEVICE_AS=managed
// run with: WEIR_DEVICE_AS=managed:force
// before: cp "$(ldd "$(command -v env)" | sed -n 's/.*=> \(.*libc\.so\.6\) .*/\1/p' | sed 's/libc\.so/libm.so/')" libnccl.so.2
// bare: no
// expect stderr.count("weir: device memory is not made managed: NCCL is loaded (") == stderr.count("NCCL")
// expect (stderr.count("NCCL is loaded") == 1) == any("NCCL is loaded" in line for line in coverage("warnings"))
// expect (stderr.count("NCCL is loaded") == 1) == (total_in("device", "main")[1] != 0)
#include "device.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cstring>

namespace {

bool is_made_managed() {
  const CUdeviceptr block = allocate(1000);
  unsigned value = 7;
  OK(cuPointerGetAttribute(&value, CU_POINTER_ATTRIBUTE_IS_MANAGED, block));
  OK(cuMemFree(block));
  return value == 1;
}

}  // namespace

int main() {
  start();
  const bool is_forced = std::strstr(std::getenv("WEIR_DEVICE_AS"), ":force") != nullptr;
  MUST(is_made_managed());
  MUST(dlopen("./libnccl.so.2", RTLD_NOW) != nullptr);
  bool is_still = true;  // weir looks for libraries now and then
  for (int i = 0; is_still && i != (is_forced ? 5 : 200); ++i) {
    usleep(50'000);
    is_still = is_made_managed();
  }
  MUST(is_still == is_forced);
  return done();
}

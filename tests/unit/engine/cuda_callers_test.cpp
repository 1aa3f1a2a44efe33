// Whose call it is, told by libraries with the names of the real ones. Each test runs in a child process of its own.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>
#include <string_view>

#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/engine/state.hpp"
#include "support/in_child.hpp"
#include "support/temporary_folder.hpp"

namespace weir::engine {
namespace {

/// Calls `act` from within a library.
using Through = int (*)(int (*act)(void*), void* argument);

/// … by way of another one.
using ThroughAnother = int (*)(Through next, int (*act)(void*), void* argument);

/// A library of this file name that does.
class Library {
 public:
  explicit Library(const char* file) {
    const std::string path = folder_ / file, source = folder_ / "source.c";
    std::ofstream{source} << "typedef int (*Act)(void*);\n"
                             "int through(Act act, void* argument) { return act(argument); }\n"
                             "int through_another(int (*next)(Act, void*), Act act, void* argument) {\n"
                             "  return next(act, argument); }\n";
    const std::string command = std::string{WEIR_TEST_CXX} + " -x c -O1 -g -fno-optimize-sibling-calls -shared -fPIC -o " + path + " " + source;
    if (std::system(command.c_str()) == 0) handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  ~Library() { close(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void close() {
    if (handle_ != nullptr) dlclose(handle_);
    handle_ = nullptr;
  }
  [[nodiscard]] Through through() const { return find<Through>("through"); }
  [[nodiscard]] ThroughAnother through_another() const { return find<ThroughAnother>("through_another"); }

 private:
  template <class Function>
  [[nodiscard]] Function find(const char* name) const {
    return handle_ == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(handle_, name));
  }

  test::TemporaryFolder folder_;
  void* handle_ = nullptr;
};

/// As the driver's function would ask.
[[gnu::noinline]] int ask(void*) {
  const bool is_passed = cuda_is_passed_by(caller_of(__builtin_frame_address(0)));
  return stay(is_passed) ? 1 : 0;
}
struct Chain {
  Through next;
};
[[gnu::noinline]] int ask_through(void* chain) { return stay(static_cast<Chain*>(chain)->next(&ask, nullptr)); }

template <class Holds>
bool in_process(Holds holds, const char* mode = "exact") {
  return test::holds_in_child([&] {
    setenv("WEIR_RECORD", mode, 1);
    start_cold();
    return holds();
  });
}

bool is_passed_from(const char* file, const char* mode = "exact") {
  return in_process(
      [&] {
        const Library library{file};
        if (library.through() == nullptr) return false;
        bool all = true;
        for (int times = 0; times != 3; ++times) all = all && library.through()(&ask, nullptr) == 1;
        return all;
      },
      mode);
}

TEST(CudaCallers, CommunicationLibrariesArePassedBy) {
  for (const char* file :
       {"libnccl.so.2", "libnccl-net.so", "libnvshmem_host.so.3", "libucp.so.0", "libuct_cuda.so.0",
        "libucs-5ccafc2c.so.0.0.0", "libucm.so.0", "libmpi.so.40", "libmpi_cxx.so.40", "libmpich.so.12",
        "libmvapich2.so.1", "libopen-pal.so.40", "libopen-rte.so.40", "libpmix.so.2", "libfabric.so.1"})
    EXPECT_TRUE(is_passed_from(file)) << file;
}

TEST(CudaCallers, OthersAreNot) {
  for (const char* file : {"libcublas.so.13", "libncclique.so", "libmpir.so.3", "libucpp.so", "xlibnccl.so.2",
                           "libfabrics.so", "libtorch_cuda.so"})
    EXPECT_FALSE(is_passed_from(file)) << file;
  EXPECT_TRUE(in_process([] { return ask(nullptr) == 0; }));
}

TEST(CudaCallers, ArePassedByWhereNothingIsRecorded) {
  EXPECT_TRUE(is_passed_from("libnccl.so.2", "off"));
  EXPECT_TRUE(is_passed_from("libnccl.so.2", "sampled"));
}

TEST(CudaCallers, BehindCudasSharedRuntimeTheFirstOtherCallerCounts) {
  EXPECT_TRUE(in_process([] {
    const Library runtime{"libcudart.so.13"}, nccl{"libnccl.so.2"}, other{"libcublas.so.13"};
    Chain chain{runtime.through()};
    bool all = chain.next != nullptr && nccl.through() != nullptr && other.through() != nullptr;
    // By turns: the return address within the runtime is always the same.
    for (int times = 0; all && times != 3; ++times)
      all = nccl.through_another()(runtime.through(), &ask, nullptr) == 1 &&
            other.through_another()(runtime.through(), &ask, nullptr) == 0 &&
            nccl.through()(&ask_through, &chain) == 0 && ask_through(&chain) == 0;
    return all;
  }));
}

TEST(CudaCallers, AnotherLibraryAtAClosedOnesPlaceIsAskedAnew) {
  EXPECT_TRUE(in_process([] {
    Library first{"libnccl.so.2"};
    const Through then = first.through();
    if (then == nullptr || then(&ask, nullptr) != 1) return false;
    first.close();
    library_closed();
    const Library second{"libplain.so"};
    const Through now = second.through();
    // The loader puts it where the first one was; elsewhere there is nothing to be seen here.
    return now != nullptr && now(&ask, nullptr) == 0;
  }));
}

TEST(CudaCallers, ALoadedCommunicationLibraryIsNamed) {
  EXPECT_TRUE(in_process([] {
    if (cuda_communication_library() != nullptr) return false;
    const Library library{"libucp.so.0"};
    std::string_view found;
    const std::uint64_t began = platform::monotonic_ns();
    while (found.empty() && platform::monotonic_ns() - began < 20'000'000'000) {
      const char* name = cuda_communication_library();
      if (name != nullptr) found = name;
    }
    return found == "UCX";
  }));
  EXPECT_TRUE(in_process([] {
    const Library library{"libmpi.so.40"};
    const char* name = cuda_communication_library();
    return name != nullptr && std::string_view{name} == "MPI";
  }));
}

}  // namespace
}  // namespace weir::engine

// Addresses to the files they were mapped from, with libraries that the test builds, loads and closes.
#include "core/track/modules.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/base/bits.hpp"
#include "support/small_profile.hpp"
#include "support/temporary_folder.hpp"

namespace weir::track {
namespace {

using profile::ModuleRecord;

struct ListedModules : test::SmallProfile {
  Modules modules{};
  std::uint32_t find(const void* at) { return modules.find(map, address_of(at)); }
  const ModuleRecord& record(std::uint32_t index) {
    for (std::uint64_t n = 0; n != map.used_chunks(); ++n)
      if (map.entries()[n].kind == profile::ChunkKind::Modules &&
          map.entries()[n].index == index / profile::kModulesPerChunk)
        return reinterpret_cast<const ModuleRecord*>(map.chunk(n))[index % profile::kModulesPerChunk];
    ADD_FAILURE() << "no module " << index;
    std::abort();
  }
  std::string path_of(std::uint32_t index) { return {record(index).path, record(index).path_bytes}; }
};

/// Builds one small library; its one function gives `answer`.
std::string build_library(const test::TemporaryFolder& folder, const char* name, int answer) {
  const std::string source = folder / "library.c", path = folder / name;
  std::ofstream{source} << "int answer(void) { return " << answer << "; }\n";
  const std::string command = std::string{WEIR_TEST_CXX} + " -x c -shared -fPIC -nostdlib -Wl,--build-id=sha1 -o " +
                              path + " " + source;
  EXPECT_EQ(std::system(command.c_str()), 0);
  return path;
}

void code_of_the_test() {}

TEST(Modules, FindsTheProgramItself) {
  ListedModules listed;
  const std::uint32_t index = listed.find(reinterpret_cast<const void*>(&code_of_the_test));
  ASSERT_NE(index, 0U);
  EXPECT_EQ(listed.path_of(index), std::filesystem::read_symlink("/proc/self/exe").string());
  const ModuleRecord& module = listed.record(index);
  EXPECT_EQ(module.ready, 1U);
  EXPECT_EQ(module.file_bytes, std::filesystem::file_size("/proc/self/exe"));
  EXPECT_LE(module.begin, address_of(reinterpret_cast<const void*>(&code_of_the_test)));
  EXPECT_EQ(listed.map.header().module_count, 2U);
}

TEST(Modules, ListsAModuleOnce) {
  ListedModules listed;
  const std::uint32_t ours = listed.find(reinterpret_cast<const void*>(&code_of_the_test));
  const std::uint32_t libc = listed.find(dlsym(RTLD_DEFAULT, "lfind"));
  EXPECT_NE(ours, libc);
  EXPECT_EQ(listed.find(dlsym(RTLD_DEFAULT, "insque")), libc);
  EXPECT_EQ(listed.find(reinterpret_cast<const void*>(&code_of_the_test)), ours);
  EXPECT_EQ(listed.map.header().module_count, 3U);
}

TEST(Modules, KnowsNothingOfStackHeapAndJitCode) {
  ListedModules listed;
  int on_stack = 0;
  const std::vector<char> on_heap(100);
  void* jit = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(listed.find(&on_stack), 0U);
  EXPECT_EQ(listed.find(on_heap.data()), 0U);
  EXPECT_EQ(listed.find(jit), 0U);
  EXPECT_EQ(listed.find(nullptr), 0U);
  EXPECT_EQ(listed.map.header().module_count, 0U);
  EXPECT_EQ(listed.map.header().losses.modules_dropped, 0U);
  munmap(jit, 4096);
}

TEST(Modules, DescribesALoadedLibraryWithItsBuildId) {
  const test::TemporaryFolder folder;
  const std::string path = build_library(folder, "one.so", 1);
  void* library = dlopen(path.c_str(), RTLD_NOW);
  ASSERT_NE(library, nullptr);
  ListedModules listed;
  const std::uint32_t index = listed.find(dlsym(library, "answer"));
  ASSERT_NE(index, 0U);
  EXPECT_EQ(listed.path_of(index), path);
  EXPECT_EQ(listed.record(index).build_id_bytes, 20U);
  EXPECT_EQ(listed.record(index).file_bytes, std::filesystem::file_size(path));
  EXPECT_GT(listed.record(index).file_mtime_ns, 0U);
  dlclose(library);
}

TEST(Modules, AnotherLibraryAtTheAddressesOfAClosedOneIsAnother) {
  const test::TemporaryFolder folder;
  const std::string one = build_library(folder, "one.so", 1), two = build_library(folder, "two.so", 2);
  ListedModules listed;
  void* first = dlopen(one.c_str(), RTLD_NOW);
  const void* place = dlsym(first, "answer");
  const std::uint32_t before = listed.find(place);
  dlclose(first);
  EXPECT_TRUE(listed.modules.retire_unmapped(listed.map));
  EXPECT_EQ(listed.find(place), 0U);
  EXPECT_EQ(listed.map.header().generation, 1U);

  void* second = dlopen(two.c_str(), RTLD_NOW);
  const void* new_place = dlsym(second, "answer");
  const std::uint32_t after = listed.find(new_place);
  EXPECT_NE(after, before);
  EXPECT_EQ(listed.path_of(after), two);
  EXPECT_EQ(listed.path_of(before), one);  // what old stacks point to stays
  EXPECT_EQ(listed.record(before).generation, 0U);
  EXPECT_EQ(listed.record(after).generation, 1U);
  dlclose(second);
  if (new_place != place) GTEST_SKIP() << "the loader chose another address";
}

TEST(Modules, TheSameLibraryBackAtItsPlaceIsTheSameEntry) {
  const test::TemporaryFolder folder;
  const std::string path = build_library(folder, "one.so", 1);
  ListedModules listed;
  std::uint32_t first = 0;
  const void* place = nullptr;
  for (int round = 0; round != 5; ++round) {
    void* library = dlopen(path.c_str(), RTLD_NOW);
    const void* answer = dlsym(library, "answer");
    if (place != nullptr && answer != place) GTEST_SKIP() << "the loader chose another address";
    place = answer;
    const std::uint32_t index = listed.find(answer);
    if (first == 0) first = index;
    EXPECT_EQ(index, first);
    dlclose(library);
    EXPECT_TRUE(listed.modules.retire_unmapped(listed.map));
    EXPECT_EQ(listed.find(answer), 0U);
  }
}

TEST(Modules, RetireKeepsWhatIsStillLoaded) {
  ListedModules listed;
  const std::uint32_t ours = listed.find(reinterpret_cast<const void*>(&code_of_the_test));
  const std::uint32_t libc = listed.find(dlsym(RTLD_DEFAULT, "lfind"));
  EXPECT_FALSE(listed.modules.retire_unmapped(listed.map));
  EXPECT_EQ(listed.map.header().generation, 0U);
  EXPECT_EQ(listed.find(reinterpret_cast<const void*>(&code_of_the_test)), ours);
  EXPECT_EQ(listed.find(dlsym(RTLD_DEFAULT, "lfind")), libc);
}

TEST(Modules, WithoutRoomAreNoneAndCounted) {
  ListedModules listed;
  listed.fill();
  EXPECT_EQ(listed.find(reinterpret_cast<const void*>(&code_of_the_test)), 0U);
  EXPECT_EQ(listed.map.header().losses.modules_dropped, 1U);
}

TEST(Modules, ThreadsAgreeOnEveryIndex) {
  ListedModules listed;
  const void* places[] = {reinterpret_cast<const void*>(&code_of_the_test), dlsym(RTLD_DEFAULT, "lfind"),
                          dlsym(RTLD_DEFAULT, "__cxa_throw"), dlsym(RTLD_DEFAULT, "cos")};
  std::vector<std::vector<std::uint32_t>> found(4);
  std::vector<std::thread> threads;
  for (auto& mine : found)
    threads.emplace_back([&] {
      for (int i = 0; i != 200; ++i)
        for (const void* place : places) mine.push_back(listed.find(place));
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : found) EXPECT_EQ(mine, found[0]);
  EXPECT_EQ(listed.map.header().module_count, 1 + std::set(found[0].begin(), found[0].end()).size());
}

}  // namespace
}  // namespace weir::track

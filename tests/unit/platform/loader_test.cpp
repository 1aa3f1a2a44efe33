// Which object an address lies in: what glibc says, and what is found without it, for every object of this process and for
// libraries that come and go.
#include "core/platform/loader.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/bits.hpp"
#include "core/platform/mappings.hpp"
#include "support/temporary_folder.hpp"

namespace weir::platform {
namespace {

struct Without {
  Without() {
    do_without_glibcs_answer(true);
    object_may_be_gone();
  }
  ~Without() { do_without_glibcs_answer(false); }
};

/// Addresses in the code of every object that is loaded.
std::vector<std::uintptr_t> code_addresses() {
  std::vector<std::uintptr_t> found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        for (const auto* segment = info->dlpi_phdr; segment != info->dlpi_phdr + info->dlpi_phnum; ++segment)
          if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0)
            for (const std::uintptr_t at : {std::uintptr_t{0}, segment->p_memsz / 2, segment->p_memsz - 1})
              static_cast<std::vector<std::uintptr_t>*>(out)->push_back(info->dlpi_addr + segment->p_vaddr + at);
        return 0;
      },
      &found);
  return found;
}

#ifdef DLFO_STRUCT_HAS_EH_DBASE
TEST(Loader, AnswersWhatGlibcSays) {
  ASSERT_GE(code_addresses().size(), 15U);
  for (const std::uintptr_t pc : code_addresses()) {
    dl_find_object theirs;
    LoadedObject ours;
    ASSERT_EQ(_dl_find_object(reinterpret_cast<void*>(pc), &theirs), 0);
    ASSERT_TRUE(find_object(pc, ours));
    EXPECT_EQ(ours.base, theirs.dlfo_link_map->l_addr);
    EXPECT_EQ(ours.begin, address_of(theirs.dlfo_map_start));
    EXPECT_EQ(ours.end, address_of(theirs.dlfo_map_end));
    EXPECT_EQ(ours.frame_index, theirs.dlfo_eh_frame);
    EXPECT_STREQ(ours.name, theirs.dlfo_link_map->l_name);
  }
}
#endif

TEST(Loader, IsFollowedAlikeWithoutGlibc) {
  for (const std::uintptr_t pc : code_addresses()) {
    LoadedObject known, found;
    ASSERT_TRUE(find_object(pc, known));
    const Without without;
    ASSERT_TRUE(find_object(pc, found)) << known.name;
    EXPECT_EQ(found.base, known.base) << known.name;
    EXPECT_EQ(found.begin, known.begin) << known.name;
    EXPECT_EQ(found.end, align_up(known.end, 4096)) << known.name;
    EXPECT_EQ(found.frame_index, known.frame_index) << known.name;
    if (std::filesystem::exists(known.name))
      EXPECT_TRUE(std::filesystem::equivalent(found.name, known.name)) << found.name;
    else
      EXPECT_STREQ(found.name, known.name);
    LoadedObject again;
    EXPECT_TRUE(find_known_object(pc, again));
    EXPECT_EQ(again.begin, found.begin);
  }
}

TEST(Loader, KnowsNothingOfOtherMemory) {
  void* made = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int on_stack = 0;
  LoadedObject object;
  for (const bool without : {false, true}) {
    do_without_glibcs_answer(without);
    for (const std::uintptr_t at : {address_of(made), address_of(&on_stack), std::uintptr_t{64}, ~std::uintptr_t{0} - 64})
      for (int round = 0; round != 2; ++round) EXPECT_FALSE(find_object(at, object)) << at;
  }
  do_without_glibcs_answer(false);
  munmap(made, 4096);
}

void expect_that_the_loader_is_known() {
  const std::uintptr_t base = getauxval(AT_BASE);
  const std::uintptr_t entry = base + reinterpret_cast<const ElfW(Ehdr)*>(base)->e_entry;
  EXPECT_TRUE(is_loader(entry));
  EXPECT_FALSE(is_loader(reinterpret_cast<std::uintptr_t>(&std::abort)));
  EXPECT_FALSE(is_loader(reinterpret_cast<std::uintptr_t>(&code_addresses)));
}

// What the first question finds is kept: so each of these is a process of its own (ctest runs them so).
TEST(Loader, IsKnownItself) { expect_that_the_loader_is_known(); }
TEST(Loader, IsKnownItselfWithoutGlibc) {
  const Without without;
  expect_that_the_loader_is_known();
}

struct Library {
  void* handle;
  std::uintptr_t code;
  Library(const test::TemporaryFolder& folder, const char* name) {
    const std::string source = folder / "library.c", path = folder / name;
    std::ofstream{source} << "int answer(void) { return 1; }\n";
    const std::string command = std::string{WEIR_TEST_CXX} + " -x c -shared -fPIC -nostdlib -o " + path + " " + source;
    EXPECT_EQ(std::system(command.c_str()), 0);
    handle = dlopen(path.c_str(), RTLD_NOW);
    code = reinterpret_cast<std::uintptr_t>(dlsym(handle, "answer"));
  }
};

TEST(Loader, WithoutGlibcFollowsLibrariesThatComeAndGo) {
  const Without without;
  const test::TemporaryFolder folder;
  const Library one{folder, "one.so"};
  LoadedObject object;
  ASSERT_TRUE(find_object(one.code, object));
  EXPECT_TRUE(std::string_view{object.name}.ends_with("/one.so"));
  const std::uintptr_t begin = object.begin;
  ASSERT_EQ(dlclose(one.handle), 0);
  object_may_be_gone();
  EXPECT_FALSE(find_known_object(begin, object));
  EXPECT_FALSE(find_object(one.code, object));

  const Library two{folder, "two.so"};  // the kernel gives it the same addresses
  EXPECT_EQ(two.code, one.code);
  object_may_be_gone();  // as the loader's own allocations make it
  ASSERT_TRUE(find_object(two.code, object));
  EXPECT_TRUE(std::string_view{object.name}.ends_with("/two.so")) << object.name;
  ASSERT_EQ(dlclose(two.handle), 0);
  object_may_be_gone();

  const Library back{folder, "one.so"};
  ASSERT_TRUE(find_object(back.code, object));
  EXPECT_TRUE(std::string_view{object.name}.ends_with("/one.so")) << object.name;
  ASSERT_EQ(dlclose(back.handle), 0);
  object_may_be_gone();
}

TEST(Loader, WithoutGlibcRemembersCodeOfNoObjectUntilSomethingChanges) {
  const Without without;
  const test::TemporaryFolder folder;
  const Library library{folder, "one.so"};
  LoadedObject object;
  ASSERT_TRUE(find_object(library.code, object));
  const std::uintptr_t begin = object.begin, bytes = object.end - object.begin;
  ASSERT_EQ(dlclose(library.handle), 0);
  object_may_be_gone();
  void* made = mmap(reinterpret_cast<void*>(begin), bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  ASSERT_EQ(address_of(made), begin);
  EXPECT_FALSE(find_object(library.code, object));
  munmap(made, bytes);
  const Library again{folder, "one.so"};
  ASSERT_EQ(again.code, library.code);
  EXPECT_FALSE(find_object(again.code, object));  // not looked for anew
  object_may_be_gone();
  EXPECT_TRUE(find_object(again.code, object));
  dlclose(again.handle);
  object_may_be_gone();
}

/// The first page of a library's file, and behind it another page of some file.
class TwoPages {
 public:
  TwoPages(const char* first, const char* second, std::size_t between) : pages_{2 + between} {
    begin_ = address_of(mmap(nullptr, pages_ * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    put(first, begin_, 0);
    put(second, last(), 4096);
  }
  ~TwoPages() { munmap(reinterpret_cast<void*>(begin_), pages_ * 4096); }
  [[nodiscard]] std::uintptr_t last() const { return begin_ + (pages_ - 1) * 4096; }

 private:
  static void put(const char* path, std::uintptr_t at, off_t offset) {
    const int fd = open(path, O_RDONLY);
    EXPECT_NE(mmap(reinterpret_cast<void*>(at), 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, offset), MAP_FAILED);
    close(fd);
  }
  std::size_t pages_;
  std::uintptr_t begin_;
};

TEST(Loader, WithoutGlibcBelievesAHeaderOnlyOfItsOwnFileAndSegments) {
  const Without without;
  Dl_info c_library{};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &c_library), 0);
  LoadedObject object;
  // All in the reach of the C library's segments.
  const TwoPages its_own{c_library.dli_fname, c_library.dli_fname, 0};
  EXPECT_TRUE(find_object(its_own.last() + 8, object));
  object_may_be_gone();
  const TwoPages another{c_library.dli_fname, "/proc/self/exe", 0};
  EXPECT_FALSE(find_object(another.last() + 8, object)) << "the header is another file's";
  const TwoPages beyond{c_library.dli_fname, c_library.dli_fname, 8192};
  EXPECT_FALSE(find_object(beyond.last() + 8, object)) << "no segment is there";
  object_may_be_gone();
}

TEST(Loader, WithoutGlibcAnswersThreadsAlike) {
  const std::vector<std::uintptr_t> all = code_addresses();
  std::vector<std::uintptr_t> bases;
  for (const std::uintptr_t pc : all) {
    LoadedObject object;
    ASSERT_TRUE(find_object(pc, object));
    bases.push_back(object.base);
  }
  const Without without;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t != 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t round = 0; round != 20; ++round) {
        if (t == 0) object_may_be_gone();
        for (std::size_t i = 0; i != all.size(); ++i) {
          LoadedObject object;
          const std::size_t k = (i * 7 + t) % all.size();
          if (!find_object(all[k], object) || object.base != bases[k]) ++wrong;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Mappings, AreThoseThatTheKernelLists) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "a name with spaces, and a long one so that it goes over the end of what is read at once";
  std::ofstream{path} << std::string(5000, '.');
  const int fd = open(path.c_str(), O_RDONLY);
  void* mapped = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
  struct stat facts {};
  fstat(fd, &facts);
  close(fd);
  Mappings mappings;
  ASSERT_TRUE(mappings.is_open());
  Mapping mapping;
  char name[1000];
  bool found = false, found_stack = false;
  std::uintptr_t last = 0;
  while (mappings.next(mapping, name)) {
    EXPECT_GE(mapping.begin, last);
    EXPECT_GT(mapping.end, mapping.begin);
    last = mapping.end;
    found_stack |= std::string_view{name} == "[stack]";
    if (mapping.begin != address_of(mapped)) continue;
    found = true;
    EXPECT_EQ(name, path);
    EXPECT_EQ(mapping.offset, 4096U);
    EXPECT_EQ(mapping.inode, facts.st_ino);
    EXPECT_TRUE(mapping.readable);
  }
  EXPECT_TRUE(found);
  EXPECT_TRUE(found_stack);
  munmap(mapped, 4096);
}

}  // namespace
}  // namespace weir::platform

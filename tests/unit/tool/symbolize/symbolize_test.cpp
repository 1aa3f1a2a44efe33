// Names of real code: this test's own, and that of small programs it compiles.
#include "tool/symbolize/symbolize.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_{fs::temp_directory_path() / ("weir-symbolize-" + std::to_string(getpid()))} {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

// outer() itself calls nothing: its one call comes from two functions inlined into it.
constexpr const char*
    kSource =
        "extern \"C\" { void* (*weir_hook)(unsigned long) = nullptr; }\n"  // 1
        "namespace deep {\n"                                               // 2
        "static inline __attribute__((always_inline)) void* inner(unsigned long n) { return weir_hook(n + "
        "1); }\n"                                                                         // 3
        "template <class T> inline __attribute__((always_inline)) char* middle(T n) {\n"  // 4
        "  return static_cast<char*>(inner(n)) + 1;\n"                                    // 5
        "}\n}\n"                                                                          // 6-7
        "extern \"C\" __attribute__((noinline)) char* outer(unsigned long n) {\n"         // 8
        "  return deep::middle<long>(static_cast<long>(n)) + 1;\n"                        // 9
        "}\n";

void* here(unsigned long) { return __builtin_return_address(0); }

/// A library made of kSource, loaded, and the return address of its one call.
struct Loaded {
  explicit Loaded(const std::string& path, const std::string& flags) {
    const std::string source = path + ".cpp";
    std::ofstream{source} << kSource;
    const std::string command = std::string{WEIR_TEST_CXX} + " -O2 -fPIC -shared -Wl,--build-id " + flags +
                                " " + source + " -o " + path;
    if (std::system(command.c_str()) != 0) return;
    handle = dlopen(path.c_str(), RTLD_NOW);
    if (handle == nullptr) return;
    using Hook = void* (*)(unsigned long);
    *static_cast<Hook*>(dlsym(handle, "weir_hook")) = &here;
    const auto outer = reinterpret_cast<char* (*)(unsigned long)>(dlsym(handle, "outer"));
    pc = reinterpret_cast<std::uint64_t>(outer(1)) - 2;
    link_map* map = nullptr;
    dlinfo(handle, RTLD_DI_LINKMAP, &map);
    base = map->l_addr;
  }
  ~Loaded() {
    if (handle != nullptr) dlclose(handle);
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  void* handle = nullptr;
  std::uint64_t pc = 0, base = 0;
};

Profile one_frame(const std::string& path, std::uint64_t base, std::uint64_t pc) {
  Profile profile;
  profile.modules.resize(2);
  profile.modules[1].path = path;
  profile.modules[1].base = base;
  profile.nodes.resize(2);
  profile.nodes[1] = {.pc = pc, .parent = 0, .module = 1};
  return profile;
}

std::vector<Frame> frames_of(const Profile& profile, std::vector<std::string>* warnings = nullptr) {
  const std::vector<std::uint32_t> nodes{1};
  Symbols symbols = symbolize_libdw(profile, nodes);
  if (warnings != nullptr) *warnings = symbols.warnings;
  return symbols.stack(profile, 1);
}

TEST(Symbolize, NamesInlinedFramesYoungestFirst) {
  const Folder folder;
  const std::string path = folder.file("lib.so");
  const Loaded loaded{path, "-g"};
  ASSERT_NE(loaded.handle, nullptr);
  const auto frames = frames_of(one_frame(path, loaded.base, loaded.pc));
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_TRUE(frames[0].function->starts_with("deep::inner")) << *frames[0].function;
  EXPECT_EQ(frames[0].line, 3U);
  EXPECT_TRUE(frames[0].inlined);
  EXPECT_EQ(frames[1].function, "char* deep::middle<long>(long)");
  EXPECT_EQ(frames[1].line, 5U);
  EXPECT_TRUE(frames[1].inlined);
  EXPECT_EQ(frames[2].function, "outer");
  EXPECT_EQ(frames[2].line, 9U);
  EXPECT_FALSE(frames[2].inlined);
  for (const Frame& frame : frames) {
    EXPECT_EQ(frame.file, path + ".cpp");
    EXPECT_EQ(frame.module, path);
    EXPECT_EQ(frame.offset, loaded.pc - loaded.base);
  }
}

TEST(Symbolize, ExportedNamesServeWithoutDebugInformation) {
  const Folder folder;
  const std::string path = folder.file("lib.so");
  const Loaded loaded{path, "-s"};
  ASSERT_NE(loaded.handle, nullptr);
  const auto frames = frames_of(one_frame(path, loaded.base, loaded.pc));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].function, "outer");
  EXPECT_FALSE(frames[0].file);
}

TEST(Symbolize, FindsDebugFilesBesideTheProgram) {
  const Folder folder;
  const std::string path = folder.file("lib.so");
  const Loaded loaded{path, "-g"};
  ASSERT_NE(loaded.handle, nullptr);
  const std::string command = "cd " + fs::path{path}.parent_path().string() +
                              " && objcopy --only-keep-debug lib.so lib.so.debug && cp lib.so stripped.so && "
                              "strip stripped.so && objcopy --add-gnu-debuglink=lib.so.debug stripped.so";
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "needs objcopy and strip";
  const auto frames = frames_of(one_frame(folder.file("stripped.so"), loaded.base, loaded.pc));
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[2].line, 9U);
}

TEST(Symbolize, AChangedFileGivesNoNamesAndOneWarning) {
  const Folder folder;
  const std::string path = folder.file("lib.so");
  const Loaded loaded{path, "-g"};
  ASSERT_NE(loaded.handle, nullptr);
  Profile profile = one_frame(path, loaded.base, loaded.pc);
  profile.modules[1].build_id = "not its build id";
  std::vector<std::string> warnings;
  const auto frames = frames_of(profile, &warnings);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_FALSE(frames[0].function);
  EXPECT_EQ(frames[0].module, path);
  EXPECT_EQ(frames[0].offset, loaded.pc - loaded.base);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], path + " changed since it ran; its frames are shown as module+offset");
}

TEST(Symbolize, SizeAndTimeStandInForAMissingBuildId) {
  const Folder folder;
  const std::string path = folder.file("lib.so");
  const Loaded loaded{path, "-g"};
  ASSERT_NE(loaded.handle, nullptr);
  Profile profile = one_frame(path, loaded.base, loaded.pc);
  profile.modules[1].file_bytes = fs::file_size(path);
  EXPECT_EQ(frames_of(profile).size(), 3U);
  profile.modules[1].file_bytes += 1;
  EXPECT_EQ(frames_of(profile).size(), 1U);
}

TEST(Symbolize, WhatIsNoFileKeepsItsFrames) {
  std::vector<std::string> warnings;
  auto frames = frames_of(one_frame("/nonexistent/lib.so", 0x1000, 0x1234), &warnings);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].offset, 0x234U);
  EXPECT_EQ(warnings.size(), 1U);
  frames = frames_of(one_frame("[vdso]", 0x1000, 0x1234), &warnings);
  EXPECT_EQ(frames[0].module, "[vdso]");
  EXPECT_TRUE(warnings.empty());
  frames = frames_of(one_frame("/etc/passwd", 0x1000, 0x1234), &warnings);
  EXPECT_EQ(frames[0].offset, 0x234U);
  EXPECT_EQ(warnings.size(), 1U);
  Profile profile = one_frame("", 0, 0x7777);
  profile.nodes[1].module = 0;
  frames = frames_of(profile);
  EXPECT_FALSE(frames[0].module);
  EXPECT_EQ(frames[0].offset, 0x7777U);
}

}  // namespace
}  // namespace weir::tool

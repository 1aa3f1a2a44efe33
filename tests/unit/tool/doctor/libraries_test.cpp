// Libraries are found where the loader finds them: it is asked itself.
#include "tool/doctor/libraries.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <cstdio>
#include <set>
#include <sstream>

#include "tool/doctor/loader_cache.hpp"
#include "unit/tool/doctor/built.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;
using test::Built;

constexpr const char* kCache = "/etc/ld.so.cache";

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = popen(command.c_str(), "r");
  char bytes[4096];
  for (std::size_t got; pipe != nullptr && (got = std::fread(bytes, 1, sizeof(bytes), pipe)) != 0;) out.append(bytes, got);
  if (pipe != nullptr) pclose(pipe);
  return out;
}

/// "name => path" of what the loader brings, as real paths.
std::set<std::string> told_by_loader(const std::string& program, const std::string& library_path) {
  std::set<std::string> out;
  std::istringstream lines{output_of(fmt::format("LD_LIBRARY_PATH='{}' ldd {} 2>&1", library_path, program))};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t arrow = line.find(" => ");
    if (arrow == std::string::npos) continue;
    const std::string name = line.substr(line.find_first_not_of(" \t"), arrow - line.find_first_not_of(" \t"));
    const std::string path = line.substr(arrow + 4, line.rfind(" (") - arrow - 4);
    std::error_code failed;
    out.insert(name + " => " + (path.starts_with("not found") ? "" : fs::canonical(path, failed).string()));
  }
  return out;
}

std::set<std::string> found(const std::string& program, const std::string& library_path) {
  const ElfFacts facts = read_elf(program, ElfDepth::Brief);
  std::set<std::string> out;
  for (const Library& library : find_libraries(program, facts, {.library_path = library_path, .cache = kCache})) {
    if (library.asked_as.find('/') != std::string::npos || library.asked_as.starts_with("ld-linux")) continue;
    std::error_code failed;
    out.insert(library.asked_as + " => " + (library.path.empty() ? "" : fs::canonical(library.path, failed).string()));
  }
  return out;
}

TEST(Libraries, OfTheSystemsProgramsAreThoseTheLoaderBrings) {
  int asked = 0;
  for (const char* program : {"/bin/bash", "/usr/bin/git", "/usr/bin/perl", "/usr/bin/python3", "/usr/bin/g++", "/usr/bin/cmake",
                              "/usr/bin/sqlite3", "/usr/bin/node", "/usr/bin/clang"}) {
    const std::string path = fs::exists(program) ? fs::canonical(program).string() : "";
    if (path.empty() || !read_elf(path, ElfDepth::Brief).interpreter) continue;
    EXPECT_EQ(found(path, ""), told_by_loader(path, "")) << path;
    ++asked;
  }
  EXPECT_GT(asked, 1);
}

/// A program that needs liba.so, which needs libb.so; both lie in one/ and libb.so in two/ as well.
struct Chain {
  explicit Chain(const std::string& program_flags, const std::string& a_flags = "") {
    constexpr const char* kOption = "-shared -fPIC -Wl,--no-as-needed ";
    for (const char* folder : {"one", "two"})
      built(std::string{folder} + "/libb.so", std::string{kOption} + "-Wl,-soname,libb.so", "int b;\n");
    const std::string one = (built.path() / "one").string();
    built("one/liba.so", kOption + std::string{"-Wl,-soname,liba.so "} + one + "/libb.so " + a_flags, "int a;\n");
    program = built("program", "-Wl,--no-as-needed " + one + "/liba.so -Wl,--allow-shlib-undefined " + program_flags);
  }
  void agrees(const std::string& library_path = "") const {
    ASSERT_FALSE(program.empty());
    const std::set<std::string> told = told_by_loader(program, library_path);
    EXPECT_GE(told.size(), 3U);
    EXPECT_EQ(found(program, library_path), told);
  }
  [[nodiscard]] std::string folder(const char* name) const { return (built.path() / name).string(); }

  Built built;
  std::string program;
};

TEST(Libraries, RunpathIsForTheFilesOwnNeedsOnly) {
  Chain{"-Wl,--enable-new-dtags,-rpath,'$ORIGIN/one'"}.agrees();
  Chain{"-Wl,--enable-new-dtags,-rpath,'${ORIGIN}/one'", "-Wl,--enable-new-dtags,-rpath,'$ORIGIN/../two'"}.agrees();
}
TEST(Libraries, RpathIsForTheNeedsOfWhatItBroughtToo) {
  Chain{"-Wl,--disable-new-dtags,-rpath,'$ORIGIN/one'"}.agrees();
  Chain{"-Wl,--disable-new-dtags,-rpath,'$ORIGIN/one'", "-Wl,--enable-new-dtags,-rpath,'$ORIGIN/../two'"}.agrees();
  Chain{"-Wl,--disable-new-dtags,-rpath,'$ORIGIN/one'", "-Wl,--disable-new-dtags,-rpath,'$ORIGIN/../two'"}.agrees();
}
TEST(Libraries, TheVariableComesBetweenRpathAndRunpath) {
  const Chain by_rpath{"-Wl,--disable-new-dtags,-rpath,'$ORIGIN/one'"};
  by_rpath.agrees(by_rpath.folder("two"));
  const Chain by_runpath{"-Wl,--enable-new-dtags,-rpath,'$ORIGIN/one'"};
  by_runpath.agrees(by_runpath.folder("two") + ":" + by_runpath.folder("one"));
}
TEST(Libraries, AreMissingWhereTheLoaderMissesThem) {
  const Chain chain{""};
  const std::set<std::string> told = told_by_loader(chain.program, "");
  EXPECT_TRUE(told.contains("liba.so => "));
  EXPECT_EQ(found(chain.program, ""), told);
}

TEST(Libraries, AFileForAnotherMachineIsPassedOver) {
  Chain chain{"-Wl,--enable-new-dtags,-rpath,'$ORIGIN/one'"};
  const std::string wrong = chain.folder("two") + "/liba.so";
  std::string bytes = test::bytes_of(chain.folder("one") + "/liba.so");
  reinterpret_cast<Elf64_Ehdr*>(bytes.data())->e_machine = EM_S390;
  test::put(wrong, bytes);
  const ElfFacts facts = read_elf(chain.program, ElfDepth::Brief);
  const auto libraries = find_libraries(chain.program, facts, {.library_path = chain.folder("two"), .cache = kCache});
  ASSERT_FALSE(libraries.empty());
  EXPECT_EQ(fs::canonical(libraries[0].path), fs::canonical(chain.folder("one") + "/liba.so"));
}

TEST(LoaderCache, SaysWhatLdconfigSays) {
  const LoaderCache cache = read_loader_cache(kCache);
  const std::string told = output_of("/sbin/ldconfig -p");
  std::size_t lines = 0;
  for (const auto& [name, path] : cache) {
    EXPECT_NE(told.find(name + " ("), std::string::npos) << name;
    EXPECT_NE(told.find("=> " + path + "\n"), std::string::npos) << path;
    ++lines;
  }
  EXPECT_EQ(lines, static_cast<std::size_t>(std::count(told.begin(), told.end(), '>')));
}

TEST(LoaderCache, SurvivesCutsAndLies) {
  const std::string bytes = test::bytes_of(kCache).substr(0, 20'000);
  ASSERT_FALSE(bytes.empty());
  for (std::size_t length = 0; length < bytes.size(); length += length < 300 ? 1 : 101)
    static_cast<void>(parse_loader_cache(std::string_view{bytes}.substr(0, length)));
  for (std::size_t at = 0; at != 300; ++at) {
    std::string changed = bytes;
    changed[at] = '\xff';
    static_cast<void>(parse_loader_cache(changed));
  }
}

}  // namespace
}  // namespace weir::tool

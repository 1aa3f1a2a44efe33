// Patterns, files of them, and what the built-in table takes for the runtime's own.
#include "tool/report/suppressions.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "support/profile_builder.hpp"

namespace weir::tool {
namespace {

Frame frame(const char* function, const char* module) {
  Frame out;
  if (*function != '\0') out.function = function;
  if (*module != '\0') out.module = module;
  return out;
}

constexpr const char* kApp = "/opt/app";
constexpr const char* kLibc = "/lib/x86_64-linux-gnu/libc.so.6";
constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
constexpr const char* kStdcxx = "/usr/lib/libstdc++.so.6";

TEST(Pattern, IsFoundAnywhereUnlessAnchored) {
  EXPECT_TRUE(matches("leak", "my_leak_here"));
  EXPECT_TRUE(matches("my*here", "my_leak_here"));
  EXPECT_FALSE(matches("^leak", "my_leak"));
  EXPECT_TRUE(matches("leak$", "my_leak"));
  EXPECT_FALSE(matches("^leak$", "leaky"));
  EXPECT_TRUE(matches("", "anything"));
}

TEST(Pattern, TakesNoExponentialTime) {
  EXPECT_FALSE(matches("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST(Builtin, KnowsTheRuntimes) {
  const std::vector<std::vector<Frame>> stacks{
      {frame("_IO_file_doallocate", kLibc), frame("puts", kLibc), frame("main", kApp)},
      {frame("", kLoader), frame("", kLoader), frame("dlopen", kLibc), frame("main", kApp)},
      {frame("", kStdcxx), frame("", kLoader), frame("", kLoader)},
      {frame("malloc", "/lib/libweir.so"), frame("", kLibc), frame("setlocale", kLibc), frame("main", kApp)},
      {frame("calloc", kLoader), frame("allocate_dtv", kLoader), frame("pthread_create", kLibc),
       frame("main", kApp)},
      {frame("", "/usr/lib/libcuda.so.1"), frame("cuInit", "/usr/lib/libcuda.so.1"), frame("main", kApp)},
      {frame("", "/usr/lib/libnvidia-ptxjitcompiler.so.1"), frame("", "/usr/lib/libcuda.so.1"), frame("main", kApp)},
  };
  for (const auto& stack : stacks) EXPECT_TRUE(builtin_rule(stack)) << stack.front().function.value_or("??");
}

TEST(Builtin, LeavesTheProgramsOwn) {
  const std::vector<std::vector<Frame>> stacks{
      {frame("main", kApp)},
      {frame("strdup", kLibc), frame("main", kApp)},
      {frame("fopen", kLibc), frame("main", kApp)},
      // a callback that the CUDA driver makes
      {frame("host_function", kApp), frame("", "/usr/lib/libcuda.so.1")},
      // a constructor that the loader runs, and a callback that libc makes
      {frame("Plugin::Plugin()", "/opt/plugin.so"), frame("", kLoader), frame("_dl_init", kLoader),
       frame("dlopen", kLibc)},
      {frame("compare", kApp), frame("qsort", kLibc), frame("setlocale", kLibc)},
      {frame("operator new(unsigned long)", kStdcxx), frame("main", kApp)},
      {frame("std::string::_M_create", kStdcxx), frame("main", kApp)},
      {},
  };
  for (const auto& stack : stacks) EXPECT_FALSE(builtin_rule(stack));
}

TEST(File, IsReadLineByLine) {
  const char content[] = "# comment\n\n leak:foo*bar \nleak:/lib/x.so\n";
  const auto* data = reinterpret_cast<const std::byte*>(content);
  const std::string path = test::write_temporary("supp", {data, data + std::strlen(content)});
  const auto rules = load_suppressions(path);
  unlink(path.c_str());
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].pattern, "foo*bar");
  EXPECT_TRUE(user_rule(rules, std::vector{frame("x", "/lib/x.so")}));
  EXPECT_FALSE(user_rule(rules, std::vector{frame("x", "/lib/y.so")}));
}

TEST(File, SaysWhichLineIsWrong) {
  const char content[] = "leak:a\nrace:b\n";
  const auto* data = reinterpret_cast<const std::byte*>(content);
  const std::string path = test::write_temporary("supp2", {data, data + std::strlen(content)});
  try {
    static_cast<void>(load_suppressions(path));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), path + ", line 2: expected leak:PATTERN");
  }
  unlink(path.c_str());
}

}  // namespace
}  // namespace weir::tool

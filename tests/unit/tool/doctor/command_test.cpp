// First lines, and the words of env.
#include "tool/doctor/command.hpp"

#include <gtest/gtest.h>

namespace weir::tool {
namespace {

using Words = std::vector<std::string>;

TEST(HashBang, IsReadAsTheKernelReadsIt) {
  const auto line = hash_bang("#! \t/bin/x  one two \t\nmore");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->interpreter, "/bin/x");
  EXPECT_EQ(line->argument, "one two");
  EXPECT_EQ(hash_bang("#!/bin/x")->argument, std::nullopt);
  EXPECT_FALSE(hash_bang("# !/bin/x\n"));
  EXPECT_FALSE(hash_bang("#!\n/bin/x"));
  EXPECT_FALSE(hash_bang(""));
  EXPECT_EQ(hash_bang("#!/bin/" + std::string(1000, 'x'))->interpreter.size(), 253U);
}

TEST(EnvWords, AreTakenAsEnvTakesThem) {
  const EnvWords plain = env_words({"A=1", "B=2", "program", "C=3"});
  EXPECT_EQ(plain.settings, (Words{"A=1", "B=2"}));
  EXPECT_EQ(plain.command, (Words{"program", "C=3"}));
  EXPECT_FALSE(plain.clears);

  const EnvWords options = env_words({"-i", "-uX", "-u", "Y", "--unset=Z", "-C", "/", "--", "program"});
  EXPECT_TRUE(options.clears);
  EXPECT_EQ(options.removed, (Words{"X", "Y", "Z"}));
  EXPECT_EQ(options.command, Words{"program"});

  EXPECT_EQ(env_words({"-S", "A=1 'two words' -x", "last"}).command, (Words{"two words", "-x", "last"}));
  EXPECT_EQ(env_words({"-S-i program"}).command, Words{"program"});
  EXPECT_TRUE(env_words({"-S-i program"}).clears);
  EXPECT_EQ(env_words({"-vSprogram -x"}).command, (Words{"program", "-x"}));
  EXPECT_TRUE(env_words({"-"}).clears);
  for (const Words& nothing : {Words{}, Words{"-i"}, Words{"-u"}, Words{"-S"}, Words{"A=1"}}) EXPECT_TRUE(env_words(nothing).command.empty());
}

TEST(Variable, IsTheLastOfItsName) {
  const Words environment{"A=1", "AB=2", "A=3"};
  EXPECT_EQ(variable(environment, "A"), "3");
  EXPECT_EQ(variable(environment, "B"), std::nullopt);
}

}  // namespace
}  // namespace weir::tool

// Call sites of two builds of a program: the same ones are found whatever a new build changes, others are kept apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tool/compare/site_match.hpp"

namespace weir::tool {
namespace {

/// A profile whose stacks are written as frames, youngest first, "function@file" or "@file+offset".
struct Written {
  Profile profile;
  Symbols symbols;
  std::vector<std::uint32_t> sites;

  explicit Written(const std::string& exe = "/opt/app") {
    profile.process.exe = exe;
    profile.nodes.resize(1);
    symbols.place_of_node.resize(1);
    symbols.places.emplace_back();
  }

  Written& build(const std::string& path, const std::string& id) {
    Module module;
    module.path = path;
    module.build_id = id;
    profile.modules.push_back(module);
    return *this;
  }

  std::uint32_t site(const std::vector<std::string>& frames, Space space = Space::Host) {
    std::uint32_t node = 0;
    for (auto at = frames.rbegin(); at != frames.rend(); ++at) {
      const std::size_t in = at->find('@'), plus = at->find('+', in);
      Frame frame;
      if (in != 0) frame.function = at->substr(0, in);
      frame.module = at->substr(in + 1, plus - in - 1);
      if (plus != std::string::npos) frame.offset = std::stoull(at->substr(plus + 1), nullptr, 16);
      profile.nodes.push_back({0x1000 + profile.nodes.size(), node, 1});
      node = static_cast<std::uint32_t>(profile.nodes.size() - 1);
      symbols.place_of_node.push_back(static_cast<std::uint32_t>(symbols.places.size()));
      symbols.places.push_back({frame});
    }
    Site site;
    site.exists = true;
    site.space = space;
    site.node = node;
    profile.sites.push_back(site);
    sites.push_back(static_cast<std::uint32_t>(profile.sites.size() - 1));
    return sites.back();
  }

  [[nodiscard]] SiteSide side() const { return {profile, symbols, sites}; }
};

bool is_same(const Written& before, const Written& after) {
  const auto groups = match_sites(before.side(), after.side());
  return groups.size() == 1 && groups[0].before.size() == 1 && groups[0].after.size() == 1;
}

bool are_same(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  Written old, recent;
  old.site(before);
  recent.site(after);
  return is_same(old, recent);
}

TEST(SiteMatch, OffsetsAndLinesDoNotCountWhereThereAreNames) {
  EXPECT_TRUE(are_same({"make@/opt/app+10", "main@/opt/app+20"}, {"make@/opt/app+30", "main@/opt/app+44"}));
  EXPECT_FALSE(are_same({"make@/opt/app", "main@/opt/app"}, {"mend@/opt/app", "main@/opt/app"}));
  EXPECT_FALSE(are_same({"make@/opt/app", "main@/opt/app"}, {"main@/opt/app"}));
  EXPECT_FALSE(are_same({"make@/opt/app", "main@/opt/app"}, {"make@/lib/libmake.so", "main@/opt/app"}));
}

TEST(SiteMatch, FilesMayMoveAndLibrariesMayHaveANewVersion) {
  EXPECT_TRUE(are_same({"make@/old/libm.so.1.2", "main@/opt/app"}, {"make@/new/libm.so.2", "main@/opt/app"}));
  EXPECT_FALSE(are_same({"make@/old/libm.so.1"}, {"make@/old/libn.so.1"}));
}

TEST(SiteMatch, TheProgramMayHaveANewName) {
  Written before{"/build/app-1"}, after{"/build/app-2"}, many{""};
  before.site({"make@/build/app-1", "main@/build/app-1"});
  after.site({"make@/build/app-2", "main@/build/app-2"});
  many.site({"make@/build/app-2", "main@/build/app-2"});
  EXPECT_TRUE(is_same(before, after));
  EXPECT_TRUE(is_same(after, many));  // a family of several programs: names of files
  EXPECT_FALSE(is_same(before, many));
}

TEST(SiteMatch, OffsetsTellUnnamedFramesApartInTheSameFileOnly) {
  const auto pair = [](const std::string& one, const std::string& other) {
    Written before, after;
    before.build("/lib/libx.so.1", one).site({"@/lib/libx.so.1+10"});
    after.build("/lib/libx.so.1", other).site({"@/lib/libx.so.1+20"});
    return is_same(before, after);
  };
  EXPECT_FALSE(pair("id", "id"));
  EXPECT_TRUE(pair("id", "new id"));
  EXPECT_TRUE(pair("", ""));
}

TEST(SiteMatch, StartUpCodeAndRecursionDoNotCount) {
  EXPECT_TRUE(are_same({"malloc@/x/libweir.so", "make@/opt/app", "main@/opt/app", "__libc_start_main@/lib/libc.so.6",
                       "_start@/opt/app"},
                      {"make@/opt/app", "main@/opt/app", "call_main@/lib/libc.so.6", "start_main@/lib/libc.so.6"}));
  EXPECT_TRUE(are_same({"walk@/opt/app+1", "walk@/opt/app+2", "walk@/opt/app+2", "main@/opt/app"},
                      {"walk@/opt/app+1", "main@/opt/app"}));
  // Nothing but libc: then that is the site.
  EXPECT_FALSE(are_same({"strdup@/lib/libc.so.6"}, {"fopen@/lib/libc.so.6"}));
}

TEST(SiteMatch, WhatIsBuiltIntoNamesDoesNotCount) {
  EXPECT_TRUE(are_same({"make.constprop.0@/opt/app"}, {"make.isra.0@/opt/app"}));
  EXPECT_TRUE(are_same({"make(int)@/opt/app"}, {"make(int, char) [clone .cold]@/opt/app"}));
  EXPECT_EQ(lasting_name("A::get(int) const"), "A::get");
  EXPECT_EQ(lasting_name("operator()"), "operator()");
  EXPECT_EQ(lasting_name("f()::{lambda(int)#1}::operator()(int) const"), "f()::{lambda(int)#1}::operator()");
  EXPECT_EQ(lasting_name("run(void (*)(int))"), "run");
  EXPECT_EQ(lasting_name("work.part.0.cold"), "work");
  EXPECT_EQ(lasting_name("apart"), "apart");
  EXPECT_EQ(lasting_name("(x)"), "(x)");
  EXPECT_EQ(lasting_name(")"), ")");
}

TEST(SiteMatch, EveryKindOfMemoryIsItsOwn) {
  Written before, after;
  before.site({"make@/opt/app"}, Space::Host);
  after.site({"make@/opt/app"}, Space::Device);
  EXPECT_FALSE(is_same(before, after));
}

TEST(SiteMatch, EverySiteIsInOneGroup) {
  Written before, after;
  before.site({"gone@/opt/app"});
  const auto stays = before.site({"stays@/opt/app+1"});
  const auto here = after.site({"stays@/opt/app+2"}), again = after.site({"stays@/opt/app+3"});
  const auto fresh = after.site({"fresh@/opt/app"});
  const auto groups = match_sites(before.side(), after.side());
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].before, std::vector{stays});
  EXPECT_EQ(groups[0].after, (std::vector{here, again}));
  EXPECT_EQ(groups[1].after, std::vector{fresh});
  EXPECT_TRUE(groups[1].before.empty());
  EXPECT_TRUE(groups[2].after.empty());
  EXPECT_EQ(groups[2].before.size(), 1U);
}

}  // namespace
}  // namespace weir::tool

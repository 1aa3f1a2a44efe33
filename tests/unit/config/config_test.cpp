// The parser of options: what each accepts, and the sentence about what it does not.
#include "core/config/config.hpp"

#include <gtest/gtest.h>

#include <string>

namespace weir::config {
namespace {

struct Case {
  const char* entry;
  Verdict verdict;
};

TEST(Config, JudgesEveryKindOfValue) {
  constexpr Case kCases[] = {
      {"WEIR_OUT=x.%p.%e.%h.%r.%n.%%", Verdict::Taken},
      {"WEIR_OUT=", Verdict::Unparsable},
      {"WEIR_OUT=x%", Verdict::Unparsable},
      {"WEIR_OUT=x.%q", Verdict::Unparsable},
      {"WEIR_RECORD=exact", Verdict::Taken},
      {"WEIR_RECORD=OFF", Verdict::Taken},
      {"WEIR_RECORD=Sampled", Verdict::Taken},
      {"WEIR_RECORD=some", Verdict::Unparsable},
      {"WEIR_RECORD=", Verdict::Unparsable},
      {"WEIR_STACK_DEPTH=1", Verdict::Taken},
      {"WEIR_STACK_DEPTH=256", Verdict::Taken},
      {"WEIR_STACK_DEPTH=0", Verdict::Unparsable},
      {"WEIR_STACK_DEPTH=257", Verdict::Unparsable},
      {"WEIR_STACK_DEPTH=8x", Verdict::Unparsable},
      {"WEIR_STACK_DEPTH=-1", Verdict::Unparsable},
      {"WEIR_STACK_DEPTH=99999999999999999999", Verdict::Unparsable},
      {"WEIR_FOLLOW=none", Verdict::Taken},
      {"WEIR_FOLLOW=fork", Verdict::Taken},
      {"WEIR_FOLLOW=exec", Verdict::Taken},
      {"WEIR_FOLLOW=all", Verdict::Taken},
      {"WEIR_FOLLOW=some", Verdict::Unparsable},
      {"WEIR_PROFILE_MAX=1M", Verdict::Taken},
      {"WEIR_PROFILE_MAX=2GiB", Verdict::Taken},
      {"WEIR_PROFILE_MAX=1048576", Verdict::Taken},
      {"WEIR_PROFILE_MAX=1K", Verdict::Unparsable},
      {"WEIR_PROFILE_MAX=1Mx", Verdict::Unparsable},
      {"WEIR_PROFILE_MAX=99999999G", Verdict::Unparsable},
      {"WEIR_PROFILE_MAX=M", Verdict::Unparsable},
      {"WEIR_SAMPLE_EVERY=1", Verdict::Taken},
      {"WEIR_SAMPLE_EVERY=64k", Verdict::Taken},
      {"WEIR_SAMPLE_EVERY=1G", Verdict::Taken},
      {"WEIR_SAMPLE_EVERY=0", Verdict::Unparsable},
      {"WEIR_SAMPLE_EVERY=2G", Verdict::Unparsable},
      {"WEIR_SAMPLE_EVERY=-1", Verdict::Unparsable},
      {"WEIR_SAMPLE_EVERY=", Verdict::Unparsable},
      {"WEIR_SAMPLE_EVERY=99999999999999999999", Verdict::Unparsable},
      {"WEIR_QUIET=1", Verdict::Taken},
      {"WEIR_QUIET=yes", Verdict::Taken},
      {"WEIR_QUIET=2", Verdict::Unparsable},
      {"WEIR_VERBOSE=off", Verdict::Taken},
      {"WEIR_DEVICE_POOL=off", Verdict::Taken},
      {"WEIR_RULES=x", Verdict::Reserved},
      {"WEIR_STAK_DEPTH=3", Verdict::Unknown},
      {"WEIR_out=x", Verdict::Unknown},
      {"WEIR_RUN_FILE=/tmp/x", Verdict::NotOurs},
      {"HOME=/root", Verdict::NotOurs},
      {"WEIR_OUT", Verdict::NotOurs},
      {"", Verdict::NotOurs},
  };
  for (const Case& each : kCases) {
    Config config;
    EXPECT_EQ(apply(config, each.entry).verdict, each.verdict) << each.entry;
  }
}

TEST(Config, TakesTheValue) {
  Config config;
  static_cast<void>(apply(config, "WEIR_OUT=a.%p"));
  static_cast<void>(apply(config, "WEIR_RECORD=off"));
  static_cast<void>(apply(config, "WEIR_STACK_DEPTH=17"));
  static_cast<void>(apply(config, "WEIR_FOLLOW=exec"));
  static_cast<void>(apply(config, "WEIR_PROFILE_MAX=3M"));
  static_cast<void>(apply(config, "WEIR_SAMPLE_EVERY=3K"));
  static_cast<void>(apply(config, "WEIR_QUIET=on"));
  EXPECT_EQ(config.out.view(), "a.%p");
  EXPECT_EQ(config.record, RecordMode::Off);
  EXPECT_EQ(config.stack_depth.frames, 17U);
  EXPECT_EQ(config.follow, Follow::Exec);
  EXPECT_EQ(config.profile_max.bytes, 3U << 20);
  EXPECT_EQ(config.sample_every.bytes, 3072U);
  EXPECT_TRUE(config.quiet.on);
}

TEST(Config, ABadValueChangesNothing) {
  Config config;
  static_cast<void>(apply(config, "WEIR_STACK_DEPTH=20"));
  static_cast<void>(apply(config, "WEIR_STACK_DEPTH=0"));
  EXPECT_EQ(config.stack_depth.frames, 20U);
}

std::string sentence(std::string_view entry) {
  Config config;
  char line[512];
  return std::string{complaint(apply(config, entry), entry, line)};
}

TEST(Complaint, NamesVariableValueAndWhatIsAccepted) {
  EXPECT_EQ(sentence("WEIR_STACK_DEPTH=x"),
            "weir: WEIR_STACK_DEPTH='x' is not understood (accepted: 1 to 256); using 64");
  EXPECT_EQ(sentence("WEIR_SAMPLE_EVERY=0"),
            "weir: WEIR_SAMPLE_EVERY='0' is not understood (accepted: bytes, with K, M or G; 1 to 1G); using 512K");
  EXPECT_EQ(sentence("WEIR_RULES=x"), "weir: WEIR_RULES has no effect in this version");
  EXPECT_EQ(sentence("WEIR_QUIET=1"), "");
  EXPECT_EQ(sentence("PATH=/bin"), "");
}

TEST(Complaint, NamesTheNearestOption) {
  EXPECT_EQ(sentence("WEIR_STACKDEPTH=3"),
            "weir: WEIR_STACKDEPTH is not an option; did you mean WEIR_STACK_DEPTH?");
  EXPECT_EQ(sentence("WEIR_FOLOW=3"), "weir: WEIR_FOLOW is not an option; did you mean WEIR_FOLLOW?");
  EXPECT_EQ(sentence("WEIR_XYZZYPLUGH=3"), "weir: WEIR_XYZZYPLUGH is not an option");
}

TEST(Complaint, IsOneLineThatFits) {
  char small[20];
  Config config;
  const std::string_view entry = "WEIR_RECORD=a\nb";
  EXPECT_LE(complaint(apply(config, entry), entry, small).size(), sizeof(small));
  EXPECT_EQ(sentence(entry).find('\n'), std::string::npos);
  EXPECT_LT(sentence("WEIR_RECORD=" + std::string(5000, 'x')).size(), 512U);
}

TEST(Options, EachHasWhatItsLineNeeds) {
  for (const OptionRow& row : option_rows()) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_TRUE(row.help.ends_with('.')) << row.name;
    EXPECT_EQ(row.values.empty(), row.reserved) << row.name;
  }
}

TEST(Options, EveryShownDefaultIsTheDefault) {
  for (const OptionRow& row : option_rows()) {
    if (row.reserved) continue;
    std::string entry = "WEIR_";
    for (const char c : row.name) entry += static_cast<char>(c == '_' ? c : c - 'a' + 'A');
    Config config;
    (entry += "=") += row.shown_default;
    EXPECT_EQ(apply(config, std::string_view{entry}).verdict, Verdict::Taken) << entry;
  }
}

}  // namespace
}  // namespace weir::config

// The rule of each code address: packed into a word, learnt from real code, found again without a lock.
#include "core/stack/rules.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "core/stack/frame_info.hpp"

namespace weir::stack {
namespace {

/// Some thousand addresses of libc's code; not every one has a rule.
std::vector<std::uintptr_t> addresses_in_libc(std::size_t count) {
  std::vector<std::uintptr_t> out;
  const auto from = reinterpret_cast<std::uintptr_t>(&qsort);
  for (std::size_t i = 0; i != count; ++i) out.push_back(from + i * 3);
  return out;
}

TEST(Rule, EveryRuleComesBackFromItsWord) {
  for (const RuleKind kind : {RuleKind::FromRsp, RuleKind::FromRbp, RuleKind::Odd, RuleKind::Last}) {
    for (std::uint16_t cfa = 0; cfa != 512; ++cfa) {
      for (std::uint8_t slot = 0; slot != 64; ++slot) {
        const std::uint64_t word = Rule{kind, cfa, slot}.packed();
        ASSERT_EQ(word >> 17, 0U);
        const Rule back = Rule::unpack(word | std::uint64_t{0x7f12'3456'789aULL} << 17);
        ASSERT_TRUE(back.kind == kind && back.cfa == cfa && back.rbp_slot == slot);
      }
    }
  }
}

TEST(Rules, AllZeroKnowsNothing) {
  Rules rules{};
  EXPECT_EQ(rules.find(0x401000), 0U);
  EXPECT_EQ(rules.own_bytes(), 0U);
  rules.clear();
  EXPECT_EQ(rules.find(0x401000), 0U);
}

/// What the packed rule means, as the walk will apply it.
bool means(const Rules& rules, std::uint64_t word, const OddRule& rule) {
  const Rule packed = Rule::unpack(word);
  if (packed.kind == RuleKind::Odd) return rules.odd(packed) == rule;
  if (packed.kind == RuleKind::Last) return rule.pc.base == From::Nowhere;
  const From base = packed.kind == RuleKind::FromRsp ? From::Rsp : From::Rbp;
  const bool rbp = packed.rbp_slot == 0 ? rule.rbp.base == From::Unchanged || rule.rbp.base == From::Nowhere
                                        : rule.rbp == Origin{From::Cfa, true, -8 * packed.rbp_slot};
  return rbp && !rule.is_signal && rule.cfa == Origin{base, false, 8 * packed.cfa} &&
         rule.pc == Origin{From::Cfa, true, -8};
}

TEST(Rules, LearnWhatTheFrameInformationSays) {
  Rules rules{};
  std::size_t learnt = 0;
  for (const std::uintptr_t address : addresses_in_libc(20'000)) {
    FrameEntry entry;
    OddRule rule;
    const bool followed = find_frame_entry(address, entry) && interpret(entry, address, rule);
    const std::uint64_t word = rules.learn(address);
    ASSERT_EQ(word > Rules::kNotFollowed, followed);
    if (!followed) continue;
    ASSERT_EQ(word >> 17, address);
    ASSERT_TRUE(means(rules, word, rule)) << std::hex << address;
    ++learnt;
  }
  EXPECT_GT(learnt, 5000U);
}

TEST(Rules, KeepAllThroughEveryGrowth) {
  Rules rules{};
  std::map<std::uintptr_t, std::uint64_t> learnt;
  for (const std::uintptr_t address : addresses_in_libc(20'000)) {
    ASSERT_EQ(rules.find(address), 0U);
    if (const std::uint64_t word = rules.learn(address); word > Rules::kNotFollowed) learnt[address] = word;
  }
  EXPECT_GT(rules.own_bytes(), 2U * 4096 * 8);
  for (const auto& [address, word] : learnt) ASSERT_EQ(rules.find(address), word);
  for (const auto& [address, word] : learnt) ASSERT_EQ(rules.learn(address), word);
}

TEST(Rules, ClearForgetsAllAndNeedsNoNewTable) {
  Rules rules{};
  const auto address = reinterpret_cast<std::uintptr_t>(&qsort);
  const std::uint64_t word = rules.learn(address);
  ASSERT_NE(word, 0U);
  const std::uint64_t bytes = rules.own_bytes();
  for (int round = 0; round != 3; ++round) {
    rules.clear();
    EXPECT_EQ(rules.find(address), 0U);
    EXPECT_EQ(rules.learn(address), word);
  }
  EXPECT_EQ(rules.own_bytes(), bytes);
}

TEST(Rules, NeverRememberCodeWithoutFrameInformation) {
  Rules rules{};
  void* jit = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const auto address = reinterpret_cast<std::uintptr_t>(jit);
  EXPECT_EQ(rules.learn(address), 0U);
  EXPECT_EQ(rules.find(address), 0U);
  EXPECT_EQ(rules.learn(std::uintptr_t{1} << 47), 0U);
  munmap(jit, 4096);
}

TEST(Rules, ReadersFindWholeRulesWhileOthersLearnAndClear) {
  Rules rules{};
  Rules judge{};
  std::map<std::uintptr_t, std::uint64_t> expected;
  for (const std::uintptr_t address : addresses_in_libc(6'000))
    if (const std::uint64_t word = judge.learn(address); word != 0 && Rule::unpack(word).kind != RuleKind::Odd)
      expected[address] = word;
  std::atomic<int> wrong{0};
  const auto read_and_learn = [&] {
    for (const auto& [address, word] : expected) {
      const std::uint64_t found = rules.find(address);
      if (found != 0 && found != word) ++wrong;
      if (rules.learn(address) != word) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t != 3; ++t) threads.emplace_back(read_and_learn);
  for (int i = 0; i != 20; ++i) {
    rules.clear();
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace weir::stack

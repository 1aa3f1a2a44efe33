// The interpreter of call frame instructions, on bytes made by hand; and the entries of real code.
#include "core/stack/frame_info.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <vector>

#include "support/at_page_end.hpp"

namespace weir::stack {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uintptr_t kBegin = 0x1000;
/// What every x86-64 compiler begins with: CFA = rsp + 8, return address at CFA - 8.
const Bytes kUsual{0x0c, 7, 8, 0x90, 1};
constexpr Origin kCfaAt8{From::Rsp, false, 8};
constexpr Origin kPcSaved{From::Cfa, true, -8};
constexpr Origin kUnchanged{From::Unchanged, false, 0};

struct Said {
  bool followed;
  OddRule rule;
};

Said interpret_at(std::uintptr_t address, const Bytes& program, const Bytes& initial = kUsual,
                  std::uint8_t encoding = 0) {
  const test::AtPageEnd common{initial}, own{program};
  const FrameEntry entry{.initial = common.begin(), .initial_end = common.end(), .program = own.begin(),
                         .program_end = own.end(), .begin = kBegin, .code_align = 1, .data_align = -8,
                         .return_column = 16, .pointer_encoding = encoding, .is_signal = false};
  Said said{};
  said.followed = interpret(entry, address, said.rule);
  return said;
}

/// The rule far behind the last instruction.
Said interpret_all(const Bytes& program, const Bytes& initial = kUsual) {
  return interpret_at(kBegin + 0x7fff'ffff, program, initial);
}

TEST(Interpret, TheCommonEntryAloneIsALeaf) {
  const Said said = interpret_all({});
  ASSERT_TRUE(said.followed);
  EXPECT_EQ(said.rule, (OddRule{kCfaAt8, kPcSaved, kUnchanged, false}));
  EXPECT_TRUE(interpret_all({0, 0, 0}).followed);  // DW_CFA_nop
}

TEST(Interpret, FollowsAFramePointerFunctionStepByStep) {
  // push rbp; mov rsp,rbp; …; leave
  const Bytes program{0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 0x60, 0x0c, 7, 8};
  EXPECT_EQ(interpret_at(kBegin, program).rule.cfa, kCfaAt8);
  EXPECT_EQ(interpret_at(kBegin, program).rule.rbp, kUnchanged);
  EXPECT_EQ(interpret_at(kBegin + 1, program).rule.cfa, (Origin{From::Rsp, false, 16}));
  EXPECT_EQ(interpret_at(kBegin + 3, program).rule.rbp, (Origin{From::Cfa, true, -16}));
  EXPECT_EQ(interpret_at(kBegin + 4, program).rule.cfa, (Origin{From::Rbp, false, 16}));
  EXPECT_EQ(interpret_at(kBegin + 0x63, program).rule.cfa, (Origin{From::Rbp, false, 16}));
  EXPECT_EQ(interpret_at(kBegin + 0x64, program).rule.cfa, kCfaAt8);
}

TEST(Interpret, AdvancesByEveryWidth) {
  const std::vector<std::pair<Bytes, std::uintptr_t>> advances{
      {{0x7f}, 0x3f}, {{0x02, 0xff}, 0xff}, {{0x03, 0x34, 0x12}, 0x1234}, {{0x04, 0x78, 0x56, 0x34, 0x12}, 0x1234'5678},
      {{0x01, 0x00, 0x20, 0, 0, 0, 0, 0, 0}, 0x1000}};  // DW_CFA_set_loc, absolute
  for (const auto& [advance, distance] : advances) {
    Bytes program = advance;
    program.insert(program.end(), {0x0e, 24});
    EXPECT_EQ(interpret_at(kBegin + distance - 1, program).rule.cfa.offset, 8) << distance;
    EXPECT_EQ(interpret_at(kBegin + distance, program).rule.cfa.offset, 24) << distance;
  }
}

TEST(Interpret, DefinesTheCfaInEveryForm) {
  EXPECT_EQ(interpret_all({0x0c, 6, 32}).rule.cfa, (Origin{From::Rbp, false, 32}));
  EXPECT_EQ(interpret_all({0x0d, 6}).rule.cfa, (Origin{From::Rbp, false, 8}));
  EXPECT_EQ(interpret_all({0x0e, 0x80, 0x80, 4}).rule.cfa, (Origin{From::Rsp, false, 0x10000}));
  EXPECT_EQ(interpret_all({0x12, 6, 0x7e}).rule.cfa, (Origin{From::Rbp, false, 16}));  // -2 times -8
  EXPECT_EQ(interpret_all({0x13, 0x7d}).rule.cfa, (Origin{From::Rsp, false, 24}));
}

TEST(Interpret, NotesWhereRegistersAreSaved) {
  EXPECT_EQ(interpret_all({0x86, 3}).rule.rbp, (Origin{From::Cfa, true, -24}));
  EXPECT_EQ(interpret_all({0x05, 6, 4}).rule.rbp, (Origin{From::Cfa, true, -32}));
  EXPECT_EQ(interpret_all({0x11, 6, 0x7f}).rule.rbp, (Origin{From::Cfa, true, 8}));
  EXPECT_EQ(interpret_all({0x05, 16, 2}).rule.pc, (Origin{From::Cfa, true, -16}));
  EXPECT_EQ(interpret_all({0x83, 5, 0x8c, 6}).rule, interpret_all({}).rule);  // rbx, r12: nobody asks
}

TEST(Interpret, ForgetsWhereRegistersAreSaved) {
  EXPECT_EQ(interpret_all({0x86, 3, 0xc6}).rule.rbp, kUnchanged);        // DW_CFA_restore
  EXPECT_EQ(interpret_all({0x86, 3, 0x06, 6}).rule.rbp, kUnchanged);     // DW_CFA_restore_extended
  EXPECT_EQ(interpret_all({0x86, 3, 0x08, 6}).rule.rbp, kUnchanged);     // DW_CFA_same_value
  EXPECT_EQ(interpret_all({0x86, 3, 0x07, 6}).rule.rbp.base, From::Nowhere);
  EXPECT_EQ(interpret_all({0x05, 16, 2, 0xd0}).rule.pc, kPcSaved);       // as the common entry says
  EXPECT_EQ(interpret_all({0x86, 3, 0xc6}, {0x0c, 7, 8, 0x90, 1, 0x86, 9}).rule.rbp, (Origin{From::Cfa, true, -72}));
}

TEST(Interpret, RemembersAndRestoresTheWholeRow) {
  const Bytes program{0x0e, 16, 0x86, 2, 0x0a, 0x0c, 7, 8, 0xc6, 0x41, 0x0b};
  EXPECT_EQ(interpret_at(kBegin, program).rule.cfa, kCfaAt8);
  const Said after = interpret_at(kBegin + 1, program);
  EXPECT_EQ(after.rule.cfa, (Origin{From::Rsp, false, 16}));
  EXPECT_EQ(after.rule.rbp, (Origin{From::Cfa, true, -16}));
}

TEST(Interpret, RemembersSeveralRowsAndRefusesTooManyOrNone) {
  EXPECT_EQ(interpret_all({0x0a, 0x0e, 16, 0x0a, 0x0e, 24, 0x0b, 0x0b}).rule.cfa.offset, 8);
  EXPECT_EQ(interpret_all({0x0a, 0x0e, 16, 0x0a, 0x0e, 24, 0x0b}).rule.cfa.offset, 16);
  EXPECT_FALSE(interpret_all({0x0b}).followed);
  EXPECT_FALSE(interpret_all(Bytes(100, 0x0a)).followed);
}

TEST(Interpret, AnUndefinedReturnAddressIsTheOutermostFrame) {
  const Said said = interpret_all({0x07, 16});
  EXPECT_TRUE(said.followed);
  EXPECT_EQ(said.rule.pc.base, From::Nowhere);
  EXPECT_TRUE(interpret_all({0x07, 16}, {}).followed);  // it needs no CFA
}

TEST(Interpret, FollowsExpressionsOfOneRegisterAndADereference) {
  EXPECT_EQ(interpret_all({0x0f, 3, 0x76, 0x78, 0x06}).rule.cfa, (Origin{From::Rbp, true, -8}));
  EXPECT_EQ(interpret_all({0x0f, 2, 0x77, 16}).rule.cfa, (Origin{From::Rsp, false, 16}));
  EXPECT_EQ(interpret_all({0x0f, 4, 0x77, 0xa0, 0x01, 0x06}).rule.cfa, (Origin{From::Rsp, true, 160}));
  EXPECT_EQ(interpret_all({0x10, 6, 2, 0x76, 0}).rule.rbp, (Origin{From::Rbp, true, 0}));
  EXPECT_EQ(interpret_all({0x10, 16, 3, 0x77, 0xa8, 0x01}).rule.pc, (Origin{From::Rsp, true, 168}));
}

TEST(Interpret, RefusesWhatItCannotFollow) {
  EXPECT_FALSE(interpret_all({0x0f, 2, 0x78, 16}).followed);                 // CFA from r8
  EXPECT_FALSE(interpret_all({0x0c, 10, 8}).followed);                       // CFA from r10
  EXPECT_FALSE(interpret_all({0x0f, 4, 0x77, 8, 0x77, 8}).followed);         // two terms
  EXPECT_FALSE(interpret_all({0x0f, 0}).followed);                           // an empty expression
  EXPECT_FALSE(interpret_all({0x10, 6, 3, 0x76, 0, 0x06}).followed);         // rbp behind two loads
  EXPECT_FALSE(interpret_all({0x09, 6, 3}).followed);                        // rbp in rbx
  EXPECT_FALSE(interpret_all({0x16, 6, 2, 0x76, 0}).followed);               // rbp computed
  EXPECT_FALSE(interpret_all({}, {0x0c, 7, 8}).followed);                    // no return address
  EXPECT_FALSE(interpret_all({}, {0x90, 1}).followed);                       // no CFA
  EXPECT_FALSE(interpret_all({0x3f}).followed);                              // no such instruction
}

TEST(Interpret, PassesOverWhatIsAboutOtherRegisters) {
  // DW_CFA_register, expression, val_expression, same_value, undefined of others; DW_CFA_GNU_args_size
  const Bytes program{0x09, 3, 12, 0x10, 3, 2, 0x76, 0x70, 0x16, 12, 1, 0x30, 0x08, 3, 0x07, 12, 0x2e, 0x90, 1};
  const Said said = interpret_all(program);
  ASSERT_TRUE(said.followed);
  EXPECT_EQ(said.rule, interpret_all({}).rule);
}

TEST(Interpret, ACfaThatCannotBeFollowedMattersOnlyWhereItIs) {
  const Bytes program{0x0c, 10, 0, 0x44, 0x0c, 7, 40};  // from r10, then from rsp again
  EXPECT_FALSE(interpret_at(kBegin, program).followed);
  EXPECT_EQ(interpret_at(kBegin + 4, program).rule.cfa, (Origin{From::Rsp, false, 40}));
}

TEST(Interpret, KeepsTheOffsetWhileAnotherRegisterHoldsTheCfa) {
  // The loop that probes a large frame (-fstack-clash-protection): def_cfa r11, 65552; later def_cfa_register rsp.
  const Bytes program{0x0c, 11, 0x90, 0x80, 4, 0x44, 0x0d, 7};
  EXPECT_FALSE(interpret_at(kBegin, program).followed);
  EXPECT_EQ(interpret_all(program).rule.cfa, (Origin{From::Rsp, false, 65552}));
}

TEST(Interpret, NeverReadsAnExpressionBeyondTheEnd) {
  for (std::uint8_t op = 0x0f; op != 0x11; ++op)
    for (std::uint8_t length = 1; length != 12; ++length)
      for (const Bytes& program : {Bytes{op, length, 0x77}, Bytes{op, 6, length, 0x77}, Bytes{op, length}})
        (void)interpret_all(program);
  EXPECT_FALSE(interpret_all({0x0f, 4, 0x77}).followed);
}

TEST(Interpret, UsesTheAlignmentsAndColumnOfTheCommonEntry) {
  const test::AtPageEnd common{Bytes{0x0c, 7, 4, 0x88, 2}}, own{Bytes{0x41, 0x0e, 12}};
  const FrameEntry entry{.initial = common.begin(), .initial_end = common.end(), .program = own.begin(),
                         .program_end = own.end(), .begin = kBegin, .code_align = 4, .data_align = -4,
                         .return_column = 8, .pointer_encoding = 0, .is_signal = true};
  OddRule rule;
  ASSERT_TRUE(interpret(entry, kBegin + 3, rule));
  EXPECT_EQ(rule, (OddRule{{From::Rsp, false, 4}, kPcSaved, kUnchanged, true}));
  ASSERT_TRUE(interpret(entry, kBegin + 4, rule));
  EXPECT_EQ(rule.cfa.offset, 12);
}

TEST(Interpret, TruncatedInstructionsAreRefused) {
  const std::vector<Bytes> all{{0x0c, 7, 8},       {0x0d, 6},          {0x0e, 16},          {0x86, 2},    {0x05, 6, 2},
                               {0x11, 6, 2},       {0x12, 6, 0x7e},    {0x13, 0x7e},        {0x02, 1},    {0x03, 1, 0},
                               {0x04, 1, 0, 0, 0}, {0x07, 6},          {0x08, 6},           {0x06, 6},    {0x09, 3, 3},
                               {0x2e, 8},          {0x16, 3, 1, 0x30}, {0x0e, 0x80, 0x80, 1}};
  for (const Bytes& whole : all) {
    EXPECT_TRUE(interpret_all(whole).followed) << int{whole[0]};
    for (std::size_t length = 1; length != whole.size(); ++length)
      EXPECT_FALSE(interpret_all({whole.begin(), whole.begin() + static_cast<long>(length)}).followed)
          << int{whole[0]} << " cut to " << length;
  }
}

[[gnu::noinline]] int real_code(int n) { return n * 3; }

TEST(FindFrameEntry, CoversTheFunctionOfTheAddress) {
  const auto begin = reinterpret_cast<std::uintptr_t>(&real_code);
  FrameEntry entry;
  ASSERT_TRUE(find_frame_entry(begin, entry));
  EXPECT_EQ(entry.begin, begin);
  EXPECT_EQ(entry.return_column, 16U);
  EXPECT_EQ(entry.data_align, -8);
  EXPECT_LE(entry.program, entry.program_end);
  OddRule rule;
  ASSERT_TRUE(interpret(entry, begin, rule));
  EXPECT_EQ(rule, (OddRule{kCfaAt8, kPcSaved, kUnchanged, false}));
  EXPECT_EQ(real_code(2), 6);
}

TEST(FindFrameEntry, HasNoneForDataStackAndJitCode) {
  FrameEntry entry;
  int on_stack = 0;
  void* jit = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_FALSE(find_frame_entry(reinterpret_cast<std::uintptr_t>(&on_stack), entry));
  EXPECT_FALSE(find_frame_entry(reinterpret_cast<std::uintptr_t>(jit), entry));
  EXPECT_FALSE(find_frame_entry(reinterpret_cast<std::uintptr_t>(&kPcSaved), entry));
  EXPECT_FALSE(find_frame_entry(0, entry));
  munmap(jit, 4096);
}

}  // namespace
}  // namespace weir::stack

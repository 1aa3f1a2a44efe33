// What a seccomp filter forbids, told by running it.
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstddef>
#include <vector>

#include "core/platform/bpf.hpp"
#include "core/platform/rights.hpp"

namespace weir::platform {
namespace {

using Steps = std::vector<sock_filter>;

constexpr unsigned kNumber = offsetof(seccomp_data, nr);
sock_filter load(unsigned at) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at); }
sock_filter if_equal(unsigned value, unsigned char then, unsigned char otherwise) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise);
}
sock_filter answer(unsigned action) { return BPF_STMT(BPF_RET | BPF_K, action); }

std::uint32_t run(Steps steps, const seccomp_data& call = {}) {
  return run_bpf({static_cast<unsigned short>(steps.size()), steps.data()}, call);
}
Rights lost(Steps steps) { return rights_lost_by({static_cast<unsigned short>(steps.size()), steps.data()}); }
Rights only(Right right) { return static_cast<Rights>(right); }

Steps forbid(unsigned number) {
  return {load(kNumber), if_equal(number, 0, 1), answer(SECCOMP_RET_KILL_PROCESS), answer(SECCOMP_RET_ALLOW)};
}

TEST(Rights, AFilterThatAllowsAllTakesNothing) {
  EXPECT_EQ(lost({answer(SECCOMP_RET_ALLOW)}), 0U);
  EXPECT_EQ(lost({answer(SECCOMP_RET_LOG)}), 0U);
}

TEST(Rights, WhateverIsNotPlainlyAllowedIsForbidden) {
  for (const unsigned action : {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
                                SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF})
    EXPECT_EQ(lost({answer(action)}), kAllRights) << action;
}

TEST(Rights, OneForbiddenCallTakesTheRightsThatNeedIt) {
  EXPECT_EQ(lost(forbid(SYS_getpid)), only(Right::WhoAmI));
  EXPECT_EQ(lost(forbid(SYS_fallocate)), only(Right::WriteFiles));
  EXPECT_EQ(lost(forbid(SYS_openat)), only(Right::ReadFiles) | only(Right::WriteFiles) | only(Right::NameFiles));
  EXPECT_EQ(lost(forbid(SYS_madvise)), only(Right::GiveBack) | only(Right::Advise));
  EXPECT_EQ(lost(forbid(SYS_ptrace)), 0U);
}

TEST(Rights, ArgumentsAreLookedAt) {
  EXPECT_EQ(lost({load(kNumber), if_equal(SYS_madvise, 0, 2), load(offsetof(seccomp_data, args[2])),
                  if_equal(MADV_DONTNEED, 1, 0), answer(SECCOMP_RET_ALLOW), answer(SECCOMP_RET_TRAP)}),
            only(Right::GiveBack));
}

TEST(Bpf, Calculates) {
  const seccomp_data call{
      .nr = 12, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = 0, .args = {0x1'0000'0007, 3}};
  const auto result_of = [&](Steps steps) {
    steps.push_back(BPF_STMT(BPF_RET | BPF_A, 0));
    return run(std::move(steps), call);
  };
  EXPECT_EQ(result_of({load(kNumber), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 30)}), 42U);
  EXPECT_EQ(result_of({load(kNumber), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
                       BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 1)}),
            49U);
  EXPECT_EQ(result_of({load(offsetof(seccomp_data, args[0]))}), 7U);
  EXPECT_EQ(result_of({load(offsetof(seccomp_data, args[0]) + 4)}), 1U);
  EXPECT_EQ(result_of({load(offsetof(seccomp_data, args[1])), BPF_STMT(BPF_MISC | BPF_TAX, 0), load(kNumber),
                       BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0)}),
            36U);
  EXPECT_EQ(result_of({load(kNumber), BPF_STMT(BPF_ST, 5), BPF_STMT(BPF_LD | BPF_IMM, 1),
                       BPF_STMT(BPF_LDX | BPF_MEM, 5), BPF_STMT(BPF_MISC | BPF_TXA, 0)}),
            12U);
  EXPECT_EQ(result_of({BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)}), sizeof(seccomp_data));
}

TEST(Bpf, JumpsByEveryTest) {
  const auto taken = [](unsigned test, unsigned value) {
    return run({BPF_STMT(BPF_LD | BPF_IMM, 8), BPF_JUMP(BPF_JMP | test | BPF_K, value, 1, 0), answer(0),
                answer(1)}) == 1;
  };
  EXPECT_TRUE(taken(BPF_JEQ, 8));
  EXPECT_FALSE(taken(BPF_JEQ, 9));
  EXPECT_TRUE(taken(BPF_JGT, 7));
  EXPECT_FALSE(taken(BPF_JGT, 8));
  EXPECT_TRUE(taken(BPF_JGE, 8));
  EXPECT_TRUE(taken(BPF_JSET, 24));
  EXPECT_FALSE(taken(BPF_JSET, 7));
  EXPECT_EQ(run({BPF_STMT(BPF_JMP | BPF_JA, 1), answer(0), answer(5)}), 5U);
}

TEST(Bpf, WhatIsNoFilterKills) {
  EXPECT_EQ(run({}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(run({load(kNumber)}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(run({load(sizeof(seccomp_data))}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(run({BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0), answer(SECCOMP_RET_ALLOW)}),
            SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(run({BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), answer(SECCOMP_RET_ALLOW)}),
            SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(run({BPF_STMT(BPF_JMP | BPF_JA, 1000), answer(SECCOMP_RET_ALLOW)}), SECCOMP_RET_KILL_PROCESS);
}

}  // namespace
}  // namespace weir::platform

// How to get from a frame to its caller's, for one code address.
//
// Compilers leave this as DWARF call frame information. In practice it says one of few things, so a rule is small:
//
//   CFA  = rsp + n | rbp + n            (the address just above the return address)
//   pc'  = [CFA - 8]
//   rbp' = rbp | [CFA - 8 k]
//
// What does not fit (realigned stacks, signal frames, huge frames) is an OddRule.
#pragma once

#include <cstdint>

namespace weir::stack {

enum class RuleKind : std::uint8_t {
  FromRsp = 0,
  FromRbp = 1,
  Odd = 2,   ///< the rest of the word is an index into the odd rules
  Last = 3,  ///< no caller: the outermost frame
};

/// 17 bits, so that a 47-bit address and its rule fit one word.
struct Rule {
  RuleKind kind;          ///< 2 bits
  std::uint16_t cfa;      ///< n / 8, 9 bits
  std::uint8_t rbp_slot;  ///< k; 0: unchanged; 6 bits

  [[nodiscard]] constexpr std::uint64_t packed() const noexcept {
    return static_cast<std::uint64_t>(kind) << 15 | static_cast<std::uint64_t>(cfa) << 6 | rbp_slot;
  }
  static constexpr Rule unpack(std::uint64_t word) noexcept {
    return {static_cast<RuleKind>(word >> 15 & 3), static_cast<std::uint16_t>(word >> 6 & 0x1ff),
            static_cast<std::uint8_t>(word & 0x3f)};
  }
};

/// Where a value comes from. Registers are those of the younger frame.
enum class From : std::uint8_t {
  Unchanged = 0,  ///< as it is
  Rsp,            ///< rsp + offset
  Rbp,            ///< rbp + offset
  Cfa,            ///< CFA + offset
  Nowhere,        ///< undefined
};
struct Origin {
  From base;
  bool is_address;  ///< the value lies in memory at that address; else it is that address
  std::int32_t offset;
  friend constexpr bool operator==(const Origin&, const Origin&) = default;
};

struct OddRule {
  Origin cfa, pc, rbp;
  bool is_signal;  ///< the caller was interrupted, it did not call: its pc is exact
  friend constexpr bool operator==(const OddRule&, const OddRule&) = default;
};

}  // namespace weir::stack

#include "core/platform/bpf.hpp"

#include <cstring>

namespace weir::platform {
namespace {

struct Machine {
  std::uint32_t a, x, memory[BPF_MEMWORDS];
};

/// False: by zero, or unknown.
bool calculate(std::uint32_t operation, std::uint32_t& a, std::uint32_t by) noexcept {
  switch (operation) {
    case BPF_ADD: a += by; return true;
    case BPF_SUB: a -= by; return true;
    case BPF_MUL: a *= by; return true;
    case BPF_DIV:
      if (by == 0) return false;
      a /= by;
      return true;
    case BPF_OR: a |= by; return true;
    case BPF_AND: a &= by; return true;
    case BPF_XOR: a ^= by; return true;
    case BPF_LSH: a = by < 32 ? a << by : 0; return true;
    case BPF_RSH: a = by < 32 ? a >> by : 0; return true;
    case BPF_NEG: a = 0U - a; return true;
    default: return false;
  }
}

bool jumps(std::uint32_t test, std::uint32_t a, std::uint32_t with) noexcept {
  switch (test) {
    case BPF_JEQ: return a == with;
    case BPF_JGT: return a > with;
    case BPF_JGE: return a >= with;
    default: return (a & with) != 0;  // BPF_JSET
  }
}

/// A word of the call, or the length of all of it; false: beyond.
bool load(const sock_filter& step, const seccomp_data& call, const Machine& machine,
          std::uint32_t& out) noexcept {
  switch (BPF_MODE(step.code)) {
    case BPF_IMM: out = step.k; return true;
    case BPF_LEN: out = sizeof(call); return true;
    case BPF_MEM:
      if (step.k >= BPF_MEMWORDS) return false;
      out = machine.memory[step.k];
      return true;
    case BPF_ABS:
      if (step.k > sizeof(call) - sizeof(out) || step.k % sizeof(out) != 0) return false;
      std::memcpy(&out, reinterpret_cast<const char*>(&call) + step.k, sizeof(out));
      return true;
    default: return false;
  }
}

}  // namespace

std::uint32_t run_bpf(const sock_fprog& filter, const seccomp_data& call) noexcept {
  constexpr std::uint32_t kNoFilter = SECCOMP_RET_KILL_PROCESS;
  if (filter.filter == nullptr || filter.len > BPF_MAXINSNS) return kNoFilter;
  Machine m{};
  // Jumps go forward only, so every step is run once at most.
  for (std::size_t at = 0; at < filter.len; ++at) {
    const sock_filter& step = filter.filter[at];
    const std::uint32_t operand = BPF_SRC(step.code) == BPF_X ? m.x : step.k;
    switch (BPF_CLASS(step.code)) {
      case BPF_LD:
        if (!load(step, call, m, m.a)) return kNoFilter;
        break;
      case BPF_LDX:
        if (!load(step, call, m, m.x)) return kNoFilter;
        break;
      case BPF_ST:
      case BPF_STX:
        if (step.k >= BPF_MEMWORDS) return kNoFilter;
        m.memory[step.k] = BPF_CLASS(step.code) == BPF_ST ? m.a : m.x;
        break;
      case BPF_ALU:
        if (!calculate(BPF_OP(step.code), m.a, operand)) return kNoFilter;
        break;
      case BPF_JMP:
        if (BPF_OP(step.code) == BPF_JA)
          at += step.k;
        else
          at += jumps(BPF_OP(step.code), m.a, operand) ? step.jt : step.jf;
        break;
      case BPF_RET: return BPF_RVAL(step.code) == BPF_A ? m.a : step.k;
      default:  // BPF_MISC
        BPF_MISCOP(step.code) == BPF_TXA ? m.a = m.x : m.x = m.a;
    }
  }
  return kNoFilter;
}

}  // namespace weir::platform

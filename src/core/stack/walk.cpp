// The walk from frame to frame, by the rule of each code address.
#include "core/stack/readable.hpp"
#include "core/stack/rules.hpp"
#include "core/stack/stack.hpp"

namespace weir::stack {
namespace {

constinit Rules g_rules{};
constinit thread_local KnownStack t_known_stack [[gnu::tls_model("initial-exec")]]{};

/// Code without call frame information (JIT compilers) is believed to keep a frame pointer when rbp looks like one.
constexpr std::uintptr_t kFrameReach = 64U << 10;

/// One frame, as its callee left it.
struct Frame {
  std::uintptr_t slot;  ///< where its return address, `pc`, is stored: its rsp is slot + 8
  std::uintptr_t pc;
  std::uintptr_t rbp;
  bool is_exact;        ///< it was interrupted at pc; else it called, and pc is the instruction after
};

enum class Step { Caller, Outermost, Lost };

std::uintptr_t load(std::uintptr_t at) noexcept { return *reinterpret_cast<const std::uintptr_t*>(at); }

/// The caller's frame lies at `cfa`; its rbp was saved `rbp_slot` words below, or not at all.
Step go_to(Frame& frame, std::uintptr_t cfa, unsigned rbp_slot, Readable& readable) noexcept {
  const std::uintptr_t slot = cfa - sizeof(std::uintptr_t);
  if (slot <= frame.slot || !readable.has(slot)) return Step::Lost;
  if (rbp_slot != 0) frame.rbp = load(cfa - rbp_slot * sizeof(std::uintptr_t));
  frame.slot = slot;
  frame.pc = load(slot);
  frame.is_exact = false;
  return frame.pc == 0 ? Step::Outermost : Step::Caller;
}

/// Code that the loader knows nothing of, or that says nothing of its frames: where rbp is no frame pointer either, it is
/// taken for the bottom of the stack (as the start of a fiber is).
Step step_by_frame_pointer(Frame& frame, Readable& readable) noexcept {
  if (frame.rbp <= frame.slot || frame.rbp - frame.slot > kFrameReach) return Step::Outermost;
  if (!readable.has(frame.rbp + sizeof(std::uintptr_t))) return Step::Outermost;
  return go_to(frame, frame.rbp + 2 * sizeof(std::uintptr_t), 2, readable);
}

class OddFrame {
 public:
  OddFrame(const Frame& frame, Readable& readable) noexcept : frame_{frame}, readable_{readable} {}

  /// False: it lies in memory that cannot be read.
  bool value(const Origin& origin, std::uintptr_t cfa, std::uintptr_t& out) noexcept {
    if (origin.base == From::Unchanged || origin.base == From::Nowhere) return true;
    const std::uintptr_t base = origin.base == From::Rsp   ? frame_.slot + sizeof(std::uintptr_t)
                                : origin.base == From::Rbp ? frame_.rbp
                                                           : cfa;
    out = base + static_cast<std::uintptr_t>(static_cast<std::intptr_t>(origin.offset));
    if (!origin.is_address) return true;
    if (!readable_.has(out)) return false;
    out = load(out);
    return true;
  }

 private:
  const Frame frame_;
  Readable& readable_;
};

Step step_odd(Frame& frame, const OddRule& rule, Readable& readable) noexcept {
  OddFrame odd{frame, readable};
  std::uintptr_t cfa = 0, pc = 0, rbp = frame.rbp;
  if (!odd.value(rule.cfa, 0, cfa) || !odd.value(rule.pc, cfa, pc) || !odd.value(rule.rbp, cfa, rbp)) return Step::Lost;
  const std::uintptr_t slot = cfa - sizeof(std::uintptr_t);
  if (rule.is_signal) readable.move_to(slot);  // the interrupted code may run on another stack
  else if (slot <= frame.slot) return Step::Lost;
  frame = {.slot = slot, .pc = pc, .rbp = rbp, .is_exact = rule.is_signal};
  return pc == 0 ? Step::Outermost : Step::Caller;
}

Step step(Frame& frame, Readable& readable) noexcept {
  const std::uintptr_t address = frame.pc - (frame.is_exact ? 0 : 1);
  std::uint64_t word = g_rules.find(address);
  if (word == 0) [[unlikely]] {
    word = g_rules.learn(address);
    if (word == 0) return step_by_frame_pointer(frame, readable);
  }
  const Rule rule = Rule::unpack(word);
  const std::uintptr_t offset = std::uintptr_t{rule.cfa} * sizeof(std::uintptr_t);
  switch (rule.kind) {
    case RuleKind::FromRsp:
      return go_to(frame, frame.slot + sizeof(std::uintptr_t) + offset, rule.rbp_slot, readable);
    case RuleKind::FromRbp: return go_to(frame, frame.rbp + offset, rule.rbp_slot, readable);
    case RuleKind::Odd: return step_odd(frame, g_rules.odd(rule), readable);
    case RuleKind::Last: break;
  }
  return Step::Outermost;
}

}  // namespace

const char* unwinder_name() noexcept { return "call frame information, read once an address"; }

Stack capture(const Caller& caller, std::size_t depth, Buffer& buffer) noexcept {
  Frame frame{.slot = reinterpret_cast<std::uintptr_t>(caller.slot),
              .pc = caller.return_address(),
              .rbp = caller.rbp,
              .is_exact = false};
  Readable readable{t_known_stack, frame.slot};
  buffer[0] = frame.pc;
  std::size_t count = 1;
  for (;;) {
    const Step done = step(frame, readable);
    if (done != Step::Caller) return {{buffer, count}, false, done == Step::Lost};
    if (count == depth) return {{buffer, count}, true, false};
    buffer[count++] = frame.pc;
  }
}

void forget_code() noexcept { g_rules.clear(); }
void reset_after_fork() noexcept { g_rules.reset_lock(); }
std::uint64_t own_bytes() noexcept { return g_rules.own_bytes(); }

}  // namespace weir::stack

// The walk from frame to frame, by the rule of each code address. On the way it notes in the trail every stack word
// that it relied on.
#include "core/stack/memory.hpp"
#include "core/stack/readable.hpp"
#include "core/stack/rules.hpp"
#include "core/stack/stack.hpp"

namespace weir::stack {

void reset_memory_lock() noexcept;
std::uint64_t memory_bytes() noexcept;

namespace {

constinit Rules g_rules{};
constinit std::uint64_t g_code_generation{};

/// Code without call frame information (JIT compilers) is believed to keep a frame pointer when rbp looks like one.
constexpr std::uintptr_t kFrameReach = 64U << 10;
constexpr std::uintptr_t kWord = sizeof(std::uintptr_t);

enum class Step { Caller, Outermost, Lost };

std::uintptr_t load(std::uintptr_t at) noexcept { return *reinterpret_cast<const std::uintptr_t*>(at); }

class Walk {
 public:
  Walk(Memory& memory, const Caller& caller) noexcept
      : slot_{reinterpret_cast<std::uintptr_t>(caller.slot)},
        pc_{caller.return_address()},
        rbp_{caller.rbp},
        readable_{memory.known, slot_},
        trail_{memory.trail} {
    trail_.begin(caller);
    trail_.add_word(slot_, pc_);
  }

  [[nodiscard]] std::uintptr_t pc() const noexcept { return pc_; }

  Step step() noexcept {
    const std::uintptr_t address = pc_ - (is_exact_ ? 0 : 1);
    std::uint64_t word = g_rules.find(address);
    if (word == 0) [[unlikely]] {
      word = g_rules.learn(address);
      if (word == 0) return by_frame_pointer();
      if (word == Rules::kNotFollowed) return Step::Lost;  // it says where its frame is; rbp would be a guess
    }
    const Rule rule = Rule::unpack(word);
    switch (rule.kind) {
      case RuleKind::FromRsp: return go_to(slot_ + kWord + rule.cfa * kWord, rule.rbp_slot);
      case RuleKind::FromRbp: rely_on_rbp(); return go_to(rbp_ + rule.cfa * kWord, rule.rbp_slot);
      case RuleKind::Odd: return by_odd_rule(g_rules.odd(rule));
      case RuleKind::Last: break;
    }
    return Step::Outermost;
  }

 private:
  /// The rest of the walk depends on the value of rbp, wherever it came from.
  void rely_on_rbp() noexcept {
    if (rbp_noted_) return;
    rbp_noted_ = true;
    if (rbp_at_ == 0)
      trail_.uses_live_rbp = true;
    else
      trail_.add_pointer(rbp_at_, rbp_);
  }
  void set_rbp(std::uintptr_t value, std::uintptr_t at) noexcept {
    rbp_ = value;
    rbp_at_ = at;
    rbp_noted_ = false;
  }

  /// The caller's frame begins at `cfa`; its rbp was saved `rbp_slot` words below, or not at all.
  Step go_to(std::uintptr_t cfa, unsigned rbp_slot) noexcept {
    const std::uintptr_t slot = cfa - kWord;
    if (slot <= slot_ || !readable_.has(slot)) return Step::Lost;
    if (rbp_slot != 0 && !readable_.has(cfa - rbp_slot * kWord)) return Step::Lost;
    if (rbp_slot != 0) set_rbp(load(cfa - rbp_slot * kWord), cfa - rbp_slot * kWord);
    slot_ = slot;
    pc_ = load(slot);
    is_exact_ = false;
    trail_.add_word(slot, pc_);
    return pc_ == 0 ? Step::Outermost : Step::Caller;
  }

  /// Code that the loader knows nothing of, or that says nothing of its frames: where rbp is no frame pointer either,
  /// it is taken for the bottom of the stack (as the start of a fiber is).
  Step by_frame_pointer() noexcept {
    if (rbp_ <= slot_ || rbp_ - slot_ > kFrameReach || !readable_.has_indeed(rbp_ + kWord)) {
      trail_.is_whole = false;
      return Step::Outermost;
    }
    rely_on_rbp();
    return go_to(rbp_ + 2 * kWord, 2);
  }

  /// Where a value lies, or the value itself; false: in memory that cannot be read.
  bool resolve(const Origin& origin, std::uintptr_t cfa, std::uintptr_t& value, std::uintptr_t& at) noexcept {
    if (origin.base == From::Unchanged || origin.base == From::Nowhere) return true;
    if (origin.base == From::Rbp) rely_on_rbp();
    const std::uintptr_t base = origin.base == From::Rsp   ? slot_ + kWord
                                : origin.base == From::Rbp ? rbp_
                                                           : cfa;
    value = base + static_cast<std::uintptr_t>(static_cast<std::intptr_t>(origin.offset));
    at = 0;
    if (!origin.is_address) return true;
    at = value;
    if (!readable_.has_indeed(at)) return false;
    value = load(at);
    return true;
  }

  Step by_odd_rule(const OddRule& rule) noexcept {
    std::uintptr_t cfa = 0, pc = 0, rbp = rbp_, cfa_at = 0, pc_at = 0, rbp_at = 0;
    if (!resolve(rule.cfa, 0, cfa, cfa_at)) return Step::Lost;
    if (cfa_at != 0) trail_.add_pointer(cfa_at, cfa);
    if (!resolve(rule.pc, cfa, pc, pc_at) || !resolve(rule.rbp, cfa, rbp, rbp_at)) return Step::Lost;
    const std::uintptr_t slot = cfa - kWord;
    if (rule.is_signal) {
      trail_.is_whole = false;  // what was interrupted is never twice the same
      readable_.move_to(slot);  // and may run on another stack
    } else if (slot <= slot_) {
      return Step::Lost;
    }
    if (rule.rbp.base == From::Nowhere)
      trail_.is_whole = false;  // whatever rbp holds now, nothing verifies it
    if (rule.rbp.base != From::Unchanged && rule.rbp.base != From::Nowhere) set_rbp(rbp, rbp_at);
    slot_ = slot;
    pc_ = pc;
    is_exact_ = rule.is_signal;
    trail_.add_word(pc_at, pc);
    return pc == 0 ? Step::Outermost : Step::Caller;
  }

  std::uintptr_t slot_;  ///< where the frame's return address, pc_, is stored: its rsp is slot_ + 8
  std::uintptr_t pc_;
  std::uintptr_t rbp_;
  std::uintptr_t rbp_at_ = 0;  ///< the slot that rbp_ was loaded from; 0: it is the caller's register
  bool rbp_noted_ = false;
  bool is_exact_ =
      false;  ///< the frame was interrupted at pc_; else it called, and pc_ is the instruction after
  Readable readable_;
  Trail& trail_;
};

}  // namespace

const char* unwinder_name() noexcept { return "call frame information, verified"; }

Stack capture(Memory& memory, const Caller& caller, std::size_t depth) noexcept {
  Walk walk{memory, caller};
  Buffer& pcs = memory.pcs;
  pcs[0] = walk.pc();
  std::size_t count = 1;
  for (;;) {
    const Step done = walk.step();
    if (done == Step::Lost) memory.trail.is_whole = false;
    if (done != Step::Caller) return {{pcs, count}, false, done == Step::Lost};
    if (count == depth) return {{pcs, count}, true, false};
    pcs[count++] = walk.pc();
  }
}

void forget_code() noexcept {
  g_rules.clear();
  forget_meanings();
}
void forget_meanings() noexcept { add_shared(g_code_generation, 1); }
std::uint64_t code_generation() noexcept { return load_relaxed(g_code_generation); }
void reset_after_fork() noexcept {
  g_rules.reset_lock();
  reset_memory_lock();
}
std::uint64_t own_bytes() noexcept { return g_rules.own_bytes() + memory_bytes(); }

}  // namespace weir::stack

// The walk from frame to frame, by the rule of each code address, until it meets a frame of the thread's last trace from
// where on the stack has not changed.
#include <cstring>

#include "core/base/bits.hpp"
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

/// Stands at one frame at a time; step() goes to its caller's.
class Walk {
 public:
  Walk(KnownStack& known, Caller caller) noexcept
      : slot_{reinterpret_cast<std::uintptr_t>(caller.slot)},
        pc_{caller.return_address()},
        rbp_{caller.rbp()},
        rbp_at_{slot_ - kWord},
        readable_{known, slot_} {}

  [[nodiscard]] bool is_at(const Frame& frame) const noexcept {
    return frame.slot == slot_ && frame.pc == pc_ && !is_exact_;
  }
  [[nodiscard]] bool is_above(const Frame& frame) const noexcept { return frame.slot < slot_; }
  [[nodiscard]] std::uintptr_t rbp_at() const noexcept { return rbp_at_; }
  /// The word where the walk found that there is no caller; 0: a rule said so.
  [[nodiscard]] std::uintptr_t end_at() const noexcept { return end_at_; }

  /// Goes to a frame that was proven by other means.
  void go_to(const Frame& frame) noexcept {
    slot_ = frame.slot;
    pc_ = load(slot_);
    rbp_at_ = frame.rbp_at;
    rbp_ = load(rbp_at_);
    is_exact_ = false;
  }

  /// Steps by plain rules that are known already, for at most `room` frames, until something else is needed or the walk
  /// stands at the frame `known` of an earlier trace; `known` goes along with it. step() says what each test is for; here
  /// none is made that follows from the others, and all that it works on is in registers.
  std::size_t stride(Frame* out, std::size_t room, const Trace& trace, std::size_t& known) noexcept {
    std::uintptr_t slot = slot_, pc = pc_, rbp = rbp_, rbp_at = rbp_at_;
    if (is_exact_ || slot % kWord != 0) return 0;
    const KnownStack words = readable_.known();
    const Rules::View rules = g_rules.view();
    const Frame* old = trace.frames + known;
    Frame* const first = out;
    for (const Frame* end = out + room; out != end; ++out) {
      while (old->slot < slot) ++old;
      if (old->slot == slot && old->pc == pc) break;
      const std::uint64_t word = rules.find(pc - 1);
      if (word == 0) break;
      const Rule rule = Rule::unpack(word);
      std::uintptr_t next = slot + rule.cfa * kWord;
      if (rule.kind != RuleKind::FromRsp) {
        if (rule.kind != RuleKind::FromRbp) break;
        next = rbp + (rule.cfa - 1U) * kWord;
        if (next <= slot || next % kWord != 0) break;
      }
      const std::uintptr_t saved_at = next + kWord - rule.rbp_slot * kWord;
      if (next >= words.end || saved_at < words.begin) break;
      const std::uintptr_t next_pc = load(next);
      if (next_pc == 0) break;
      out->slot = slot;
      out->pc = pc;
      out->rbp = rbp;
      out->rbp_at = rbp_at;
      out->cfa_at = 0;
      out->flags = rule.kind == RuleKind::FromRbp ? Frame::kUsesRbp : 0;
      if (rule.rbp_slot != 0) {
        out->flags |= Frame::kSetsRbp;
        rbp_at = saved_at;
        rbp = load(rbp_at);
      }
      slot = next;
      pc = next_pc;
    }
    known = static_cast<std::size_t>(old - trace.frames);
    slot_ = slot;
    pc_ = pc;
    rbp_ = rbp;
    rbp_at_ = rbp_at;
    return static_cast<std::size_t>(out - first);
  }

  Step step(Frame& out) noexcept {
    out.slot = slot_;
    out.pc = pc_;
    out.rbp = rbp_;
    out.rbp_at = rbp_at_;
    out.cfa_at = 0;
    out.flags = 0;
    const std::uintptr_t address = pc_ - (is_exact_ ? 0 : 1);
    std::uint64_t word = g_rules.find(address);
    if (word == 0) [[unlikely]] {
      word = g_rules.learn(address);
      if (word == 0) return by_frame_pointer(out);
      if (word == Rules::kNotFollowed) return lose(out);  // it says where its frame is; rbp would be a guess
    }
    const Rule rule = Rule::unpack(word);
    switch (rule.kind) {
      case RuleKind::FromRsp: return rise(out, slot_ + kWord + rule.cfa * kWord, rule.rbp_slot);
      case RuleKind::FromRbp:
        out.flags = Frame::kUsesRbp;
        return rise(out, rbp_ + rule.cfa * kWord, rule.rbp_slot);
      case RuleKind::Odd: return by_odd_rule(out, g_rules.odd(rule));
      case RuleKind::Last: break;
    }
    return Step::Outermost;
  }

 private:
  /// The caller's frame begins at `cfa`; its rbp was saved `rbp_slot` words below, or not at all.
  [[gnu::always_inline]] Step rise(Frame& out, std::uintptr_t cfa, unsigned rbp_slot) noexcept {
    const std::uintptr_t slot = cfa - kWord;
    if (slot <= slot_ || !readable_.has(slot)) return lose(out);
    if (rbp_slot != 0) {
      const std::uintptr_t rbp_at = cfa - rbp_slot * kWord;
      if (!readable_.has(rbp_at)) return lose(out);
      set_rbp(out, load(rbp_at), rbp_at);
    }
    is_exact_ = false;
    return arrive(out, slot, load(slot));
  }
  void set_rbp(Frame& out, std::uintptr_t rbp, std::uintptr_t at) noexcept {
    rbp_ = rbp;
    rbp_at_ = at;
    out.flags |= Frame::kSetsRbp;
  }
  Step arrive(Frame& out, std::uintptr_t slot, std::uintptr_t pc) noexcept {
    slot_ = slot;
    pc_ = pc;
    if (pc != 0) return Step::Caller;
    end_at_ = slot;
    out.flags |= Frame::kStepAgain;  // the end depends on a word that belongs to no frame
    return Step::Outermost;
  }
  static Step lose(Frame& out) noexcept {
    out.flags |= Frame::kStepAgain | Frame::kUnlike;
    return Step::Lost;
  }

  /// Code that the loader knows nothing of, or that says nothing of its frames: where rbp is no frame pointer either,
  /// it is taken for the bottom of the stack (as the start of a fiber is).
  Step by_frame_pointer(Frame& out) noexcept {
    out.flags = Frame::kStepAgain;
    if (rbp_ <= slot_ || rbp_ - slot_ > kFrameReach || !readable_.has_indeed(rbp_ + kWord)) {
      out.flags |= Frame::kUnlike;
      return Step::Outermost;
    }
    out.flags |= Frame::kUsesRbp;
    return rise(out, rbp_ + 2 * kWord, 2);
  }

  /// Where a value lies, or the value itself; false: in memory that cannot be read.
  bool resolve(Frame& out, const Origin& origin, std::uintptr_t cfa, std::uintptr_t& value,
               std::uintptr_t& at) noexcept {
    if (origin.base == From::Unchanged || origin.base == From::Nowhere) return true;
    if (origin.base == From::Rbp) out.flags |= Frame::kUsesRbp;
    const std::uintptr_t base = origin.base == From::Rsp   ? slot_ + kWord
                                : origin.base == From::Rbp ? out.rbp
                                                           : cfa;
    value = base + static_cast<std::uintptr_t>(static_cast<std::intptr_t>(origin.offset));
    at = 0;
    if (!origin.is_address) return true;
    at = value;
    if (!readable_.has_indeed(at)) return false;
    value = load(at);
    return true;
  }

  Step by_odd_rule(Frame& out, const OddRule& rule) noexcept {
    out.flags = Frame::kStepAgain;
    std::uintptr_t cfa = 0, pc = 0, rbp = 0, pc_at = 0, rbp_at = 0;
    if (!resolve(out, rule.cfa, 0, cfa, out.cfa_at)) return lose(out);
    if (!resolve(out, rule.pc, cfa, pc, pc_at) || !resolve(out, rule.rbp, cfa, rbp, rbp_at)) return lose(out);
    const std::uintptr_t slot = cfa - kWord;
    if (pc_at != slot) out.flags |= Frame::kUnlike;
    if (rule.is_signal) {
      out.flags |= Frame::kUnlike;  // what was interrupted is never twice the same
      readable_.move_to(slot);      // and may run on another stack
    } else if (slot <= slot_) {
      return lose(out);
    }
    if (rule.rbp.base == From::Nowhere)
      out.flags |= Frame::kUnlike;  // whatever rbp holds, nothing verifies it
    if (rbp_at != 0)
      set_rbp(out, rbp, rbp_at);
    else if (rule.rbp.base != From::Unchanged && rule.rbp.base != From::Nowhere)
      return lose(out);  // computed, lies nowhere: no compiler writes that
    is_exact_ = rule.is_signal;
    return arrive(out, slot, pc);
  }

  std::uintptr_t slot_;  ///< where the frame's return address, pc_, is stored: its rsp is slot_ + 8
  std::uintptr_t pc_;
  std::uintptr_t rbp_;
  std::uintptr_t rbp_at_;  ///< the word that rbp_ was loaded from
  std::uintptr_t end_at_ = 0;
  bool is_exact_ =
      false;  ///< the frame was interrupted at pc_; else it called, and pc_ is the instruction after
  Readable readable_;
};

/// Goes along an earlier trace from the frame `at`, where the walk stands, for at most `most` frames, as long as the stack
/// still is as the trace says. Returns the index of the first frame that is not known to be right; the walk then stands
/// there. kMost: all are.
std::size_t follow(Trace& trace, std::size_t at, std::size_t most, Walk& walk) noexcept {
  Frame* frame = &trace.frames[at];
  frame->rbp_at = walk.rbp_at();
  const Frame* last = &trace.frames[most < Trace::kMost - at ? at + most - 1 : Trace::kMost - 1];
  for (;; ++frame) {
    if ((frame->flags & (Frame::kUsesRbp | Frame::kStepAgain)) != 0)
      if ((frame->flags & Frame::kStepAgain) != 0 || load(frame->rbp_at) != frame->rbp) break;
    if (frame == last) return Trace::kMost;
    if ((frame->flags & Frame::kSetsRbp) == 0) frame[1].rbp_at = frame->rbp_at;
    if (load(frame[1].slot) != frame[1].pc) {
      ++frame;
      break;
    }
  }
  if (frame != &trace.frames[at]) walk.go_to(*frame);
  return static_cast<std::size_t>(frame - trace.frames);
}

}  // namespace

const char* unwinder_name() noexcept { return "call frame information, verified"; }

namespace {

/// Captures in a row that do not look beyond the wanted depth, after one found no end within Trace::kMost frames.
constexpr std::uint32_t kSkipDeep = 256;

/// What a walk came to, youngest frames in Memory::young.
struct Walked {
  std::size_t young;   ///< frames walked
  std::size_t joined;  ///< index in Memory::last of the frame that follows them; kMost: none does
  Step end;            ///< Caller: it was stopped
};

Walked walk_young(Memory& memory, Walk& walk, std::size_t most, std::size_t depth) noexcept {
  Trace& last = memory.last;
  std::size_t known = last.top();
  for (std::size_t count = 0;;) {
    count += walk.stride(memory.young + count, most - count, last, known);
    while (known != Trace::kMost && walk.is_above(last.frames[known])) ++known;
    if (known != Trace::kMost && walk.is_at(last.frames[known])) {
      // One frame more than is wanted tells whether there is one.
      const std::size_t wanted = count < depth ? depth + 1 - count : 1;
      const std::size_t right = follow(last, known, wanted, walk);
      if (right == Trace::kMost) return {count, known, Step::Outermost};
      for (; known != right; ++known) {
        if (count == most) return {count, Trace::kMost, Step::Caller};
        memory.young[count++] = last.frames[known];
      }
      if (walk.is_at(last.frames[known])) ++known;  // only a step leads on from this one
    }
    if (count == most) return {count, Trace::kMost, Step::Caller};
    const Step done = walk.step(memory.young[count++]);
    if (done != Step::Caller) return {count, Trace::kMost, done};
  }
}

/// Of frames whose older part has not been with them before.
StackHash hash_frames(Frame* youngest, std::size_t count, StackHash hash) noexcept {
  for (std::size_t i = count; i-- != 0;) {
    hash = youngest[i].hash = hash.extended(youngest[i].pc);
    youngest[i].node = 0;
  }
  return hash;
}

/// Puts the young frames before the old ones that they joined.
StackHash join(Memory& memory, const Walked& walked) noexcept {
  Trace& last = memory.last;
  last.count = Trace::kMost - walked.joined + walked.young;
  Frame* top = last.frames + last.top();
  memory.frames = top;
  memory.frame_count = last.count;
  StackHash hash = walked.joined == Trace::kMost ? StackHash::empty() : last.frames[walked.joined].hash;
  for (std::size_t i = walked.young; i-- != 0;) {
    const Frame& young = memory.young[i];
    hash = hash.extended(young.pc);
    top[i] = young;
    top[i].hash = hash;
    top[i].node = 0;
  }
  return hash;
}

}  // namespace

Stack capture(Memory& memory, Caller caller, std::size_t depth) noexcept {
  Walk walk{memory.known, caller};
  std::size_t most = Trace::kMost;
  if (memory.skip_deep != 0) {
    --memory.skip_deep;
    most = depth;
  }
  const Walked walked = walk_young(memory, walk, most, depth);
  memory.end_at = walk.end_at();
  Stack stack{};
  if (walked.end == Step::Outermost && walked.young <= walked.joined) {
    stack.hash = join(memory, walked);
  } else {
    memory.frames = memory.young;
    memory.frame_count = walked.young;
    if (walked.end != Step::Lost && most == Trace::kMost) memory.skip_deep = kSkipDeep;
    // Joined, but too long to keep.
    for (std::size_t old = walked.joined; old != Trace::kMost && memory.frame_count <= depth; ++old)
      memory.young[memory.frame_count++] = memory.last.frames[old];
    memory.last.count = 0;
    stack.incomplete = walked.end == Step::Lost && memory.frame_count <= depth;
    stack.truncated = memory.frame_count == depth && walked.end == Step::Caller;
    if (memory.frame_count > depth) {
      memory.frame_count = depth;
      stack.truncated = true;
    }
    stack.hash = hash_frames(memory.young, memory.frame_count, StackHash::empty());
  }
  memory.path_count = memory.frame_count;
  if (memory.frame_count > depth) {
    stack.truncated = true;
    stack.hash = stack.hash.without(memory.frames[depth].hash, depth);
    memory.frame_count = depth;
  }
  if (stack.truncated) memory.end_at = Memory::kCut;
  return stack;
}

std::span<PathFrame> path_of(Memory& memory) noexcept {
  std::size_t count = 0;
  for (bool is_known = false; count != memory.path_count && !is_known; ++count) {
    const Frame& frame = memory.frames[count];
    is_known = frame.node != 0;
    memory.path[count] = {frame.pc, frame.hash.short_form(), frame.node, 0};
  }
  return {memory.path, count};
}

void keep_nodes(Memory& memory, std::span<const PathFrame> path) noexcept {
  for (std::size_t i = 0; i != path.size(); ++i) memory.frames[i].node = path[i].node;
  memory.path_was_new = !path.empty() && path[0].node != 0;
}

void forget_code() noexcept {
  g_rules.clear();
  forget_meanings();
}
void forget_meanings() noexcept { add_shared(g_code_generation, 1); }
std::uint64_t code_generation() noexcept { return load_relaxed(g_code_generation); }
void reset_after_fork() noexcept {
  g_rules.reset_lock();
  platform::reset_loader_lock();
  reset_memory_lock();
}
std::uint64_t own_bytes() noexcept { return g_rules.own_bytes() + memory_bytes(); }

}  // namespace weir::stack

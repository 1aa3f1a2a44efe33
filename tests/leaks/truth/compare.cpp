// Every block that a look has found, against the ledger; and every block of the ledger, against what was found.
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ledger.hpp"
#include "look.h"

namespace truth {
namespace {

constexpr const char* kVerdicts[] = {"reachable", "lost", "lost too", "no verdict"};

constexpr bool is_lost(std::uint32_t verdict) { return verdict == kTruthLost || verdict == kTruthLostToo; }

/// A block that no settled member accounts for.
struct Stray {
  const truth_block* block;
  int flight;  ///< that accounts for it; -1: none
};

struct Found {
  const truth_block* block;  ///< null: not found
};

struct Slot {
  std::uintptr_t address;
  std::uint32_t family, member;
};

class Comparer {
 public:
  Comparer(const truth_seen& seen, const Comparison& how) : seen_{seen}, how_{how}, out_{*how.report} {}

  ~Comparer() {  // there may be no copy that ends with all this
    munmap(slots_, kSlots * sizeof(Slot));
    munmap(found_, kFoundBytes);
    munmap(strays_, kMostStrays * sizeof(Stray));
  }
  Comparer(const Comparer&) = delete;
  Comparer& operator=(const Comparer&) = delete;

  void run() {
    if (!make_room()) return complain(out_, "no memory for the comparison");
    const std::uint32_t before = out_.complaints;
    list_settled();
    for (std::uint64_t i = 0; i != seen_.count; ++i) meet(seen_.blocks[i]);
    account_for_strays();
    for (unsigned family = 0; family != kFamilies; ++family) judge_family(family);
    check_sums();
    if (out_.complaints != before) complain(out_, "in a look of kind %d%s", how_.way, how_.at_rest ? ", at rest" : "");
  }

 private:
  static constexpr unsigned kSlots = 1 << 15, kMostStrays = 4096;
  static constexpr std::size_t kFoundBytes = sizeof(Found) * kMembers * kFamilies;
  static_assert(kSlots > 2 * kFamilies * kMembers);

  bool make_room() {
    const auto map = [](std::size_t bytes) {
      return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    };
    slots_ = static_cast<Slot*>(map(kSlots * sizeof(Slot)));
    found_ = static_cast<Found(*)[kMembers]>(map(kFoundBytes));
    strays_ = static_cast<Stray*>(map(kMostStrays * sizeof(Stray)));
    return slots_ != MAP_FAILED && found_ != MAP_FAILED && strays_ != MAP_FAILED;
  }

  /// The operation that works on this member; -1: none, it is settled.
  [[nodiscard]] static int flight_of(unsigned family, unsigned member) {
    for (unsigned i = 0; i != kFlights; ++i) {
      const Flight& flight = g_ledger->flight[i];
      const What what = flight.what.load(std::memory_order_relaxed);
      if (flight.family == family && flight.member == member &&
          (what == What::Append || what == What::Shrink || what == What::Resize))
        return static_cast<int>(i);
    }
    return -1;
  }

  [[nodiscard]] static bool is_worked_on(unsigned family) {
    for (const Flight& flight : g_ledger->flight) {
      const What what = flight.what.load(std::memory_order_relaxed);
      if (flight.family == family && (what == What::Append || what == What::Shrink || what == What::Resize || what == What::Turn))
        return true;
    }
    return false;
  }

  [[nodiscard]] Slot& slot_of(std::uintptr_t address) const {
    unsigned at = static_cast<unsigned>(address * 0x9e3779b97f4a7c15 >> 49);
    while (slots_[at].address != 0 && slots_[at].address != address) at = (at + 1) % kSlots;
    return slots_[at];
  }

  void list_settled() {
    for (unsigned family = 0; family != kFamilies; ++family)
      for (unsigned member = 0; member != g_ledger->family[family].members; ++member) {
        if (flight_of(family, member) >= 0) continue;
        const auto address = reinterpret_cast<std::uintptr_t>(unhide(g_ledger->family[family].member[member].hidden));
        Slot& slot = slot_of(address);
        if (slot.address != 0) complain(out_, "%#lx is two blocks: %u.%u and %u.%u", address, slot.family, slot.member, family, member);
        slot = {address, family, member};
      }
  }

  void meet(const truth_block& block) {
    if (&block != seen_.blocks && block.address == (&block - 1)->address) complain(out_, "%#lx is told twice", block.address);
    if (block.verdict != kTruthNone) ++with_tag_, bytes_ += block.is_summed ? block.bytes : 0;
    lost_ += block.is_summed && is_lost(block.verdict);
    note_class(block.class_bytes);
    const Slot& slot = slot_of(block.address);
    if (slot.address == 0) return meet_stray(block);
    Found& found = found_[slot.family][slot.member];
    const Member& member = g_ledger->family[slot.family].member[slot.member];
    if (found.block != nullptr) complain(out_, "%u.%u at %#lx is found twice", slot.family, slot.member, block.address);
    found.block = &block;
    ++out_.blocks;
    if (block.verdict == kTruthNone) return complain(out_, "%u.%u at %#lx has no tag", slot.family, slot.member, block.address);
    if (block.bytes != member.bytes)
      complain(out_, "%u.%u at %#lx has %lu B, not %lu", slot.family, slot.member, block.address, block.bytes, member.bytes);
    if (!is_by(block, member.way))
      complain(out_, "%u.%u at %#lx is of a site at %#lx, not in way %d", slot.family, slot.member, block.address, block.caller,
               static_cast<int>(member.way));
  }

  void note_class(std::uint64_t bytes) const {
    const int power = 63 - __builtin_clzl(bytes | 1);
    const unsigned bit = static_cast<unsigned>(power * 4) + static_cast<unsigned>(power < 2 ? 0 : bytes >> (power - 2) & 3);
    if (bit < 128) out_.class_bits[bit / 64] |= std::uint64_t{1} << bit % 64;
  }

  [[nodiscard]] static bool is_by(const truth_block& block, Way way) { return block.caller - code_of(way) < kCodeBytes; }

  void meet_stray(const truth_block& block) {
    if (block.verdict != kTruthNone && (block.is_quiet || (block.caller != 0 && !is_own_code(block.caller)))) {
      ++foreign_;
      if (how_.at_rest && is_lost(block.verdict)) complain(out_, "%#lx, %lu B of the C library, is lost", block.address, block.bytes);
      return;
    }
    if (stray_count_ != kMostStrays) strays_[stray_count_++] = {&block, -1};
  }

  /// Whether the block may be what this operation works on.
  [[nodiscard]] static bool fits(const truth_block& block, const Flight& flight) {
    const What what = flight.what.load(std::memory_order_relaxed);
    const bool is_old = (what == What::Shrink || what == What::Resize) &&
                        block.address == reinterpret_cast<std::uintptr_t>(unhide(flight.hidden));
    if (block.verdict == kTruthNone) return is_old && what == What::Resize;
    if (is_old && block.bytes == flight.old_bytes && is_by(block, flight.old_way)) return true;
    return (what == What::Append || what == What::Resize) && block.bytes == flight.bytes && is_by(block, flight.way);
  }

  /// Kuhn's matching. A block that has lost its tag is accounted for besides the one that it becomes.
  bool place_stray(unsigned stray, unsigned& tried) {
    for (unsigned i = 0; i != kFlights; ++i) {
      if ((tried >> i & 1) != 0 || !fits(*strays_[stray].block, g_ledger->flight[i])) continue;
      tried |= 1U << i;
      if (taken_[i] < 0 || place_stray(static_cast<unsigned>(taken_[i]), tried)) {
        taken_[i] = static_cast<int>(stray);
        strays_[stray].flight = static_cast<int>(i);
        return true;
      }
    }
    return false;
  }

  void account_for_strays() {
    for (int& stray : taken_) stray = -1;
    for (unsigned i = 0; i != stray_count_; ++i) {
      const truth_block& block = *strays_[i].block;
      unsigned tried = 0;
      const bool is_placed = block.verdict == kTruthNone ? is_moving(block) : place_stray(i, tried);
      if (!is_placed)
        complain(out_, "%#lx, %lu B by %#lx, %s: nobody knows it", block.address, block.bytes, block.caller, kVerdicts[block.verdict]);
      out_.moving += block.verdict == kTruthNone;
      ++out_.in_flight;
    }
    out_.foreign += foreign_;
    if (foreign_ > how_.most_foreign) complain(out_, "%lu blocks of the C library, more than %u", foreign_, how_.most_foreign);
  }

  [[nodiscard]] static bool is_moving(const truth_block& block) {
    for (const Flight& flight : g_ledger->flight)
      if (fits(block, flight)) return true;
    return false;
  }

  /// Whether one of these words points into the block.
  [[nodiscard]] static bool points(const void* begin, std::size_t bytes, const truth_block& block) {
    for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
      std::uintptr_t word;
      memcpy(&word, static_cast<const char*>(begin) + i, sizeof(word));
      if (word - block.address < block.class_bytes) return true;
    }
    return false;
  }

  /// Whether something of an operation under way still points there: the stack of its thread, the content of its block, what is
  /// about to be overwritten; or weir's own word on a thread's newest block.
  [[nodiscard]] bool is_excused(const truth_block& block) const {
    if (how_.at_rest) return false;
    if (points(seen_.words, seen_.word_count * sizeof(std::uintptr_t), block)) return true;
    for (const Flight& flight : g_ledger->flight) {
      if (flight.what.load(std::memory_order_relaxed) == What::Nothing) continue;
      const auto old = reinterpret_cast<std::uintptr_t>(unhide(flight.hidden));
      if (flight.hidden != 0 && old < block.address + block.class_bytes && block.address <= old + flight.old_bytes) return true;
      if (points(flight.stack_low, static_cast<std::size_t>(flight.stack_high - flight.stack_low), block)) return true;
    }
    for (unsigned i = 0; i != stray_count_; ++i) {
      const truth_block& stray = *strays_[i].block;
      if (points(reinterpret_cast<const void*>(stray.address), stray.class_bytes - 8, block)) return true;
    }
    return false;
  }

  /// The comparison's own, and what follows a word in a thread's stack.
  [[nodiscard]] bool is_own(unsigned long at) const {
    const auto in = [&](const void* base, std::size_t bytes) { return at - reinterpret_cast<unsigned long>(base) < bytes; };
    return in(slots_, kSlots * sizeof(Slot)) || in(found_, kFoundBytes) || in(strays_, kMostStrays * sizeof(Stray)) ||
           in(seen_.blocks, seen_.count * sizeof(truth_block));
  }
  void tell_place(const truth_block& block) const {
    for (unsigned i = 0; i != kFlights; ++i)
      complain(out_, "%#lx: stack %u is %p to %p, does %u", block.address, i, g_ledger->flight[i].stack_low, g_ledger->flight[i].stack_high,
               static_cast<unsigned>(g_ledger->flight[i].what.load()));
  }

  /// For the reader of a complaint.
  void tell_who_points(const truth_block& block) const {
    static char list[1 << 16];
    const int file = open("/proc/self/maps", O_RDONLY);
    std::size_t bytes = 0;
    for (ssize_t got; (got = read(file, list + bytes, sizeof(list) - 1 - bytes)) > 0;) bytes += static_cast<std::size_t>(got);
    list[bytes] = 0;
    close(file);
    int left = 6;
    for (const char* line = list; line != nullptr && *line != 0; line = strchr(line, '\n'), line += line != nullptr) {
      unsigned long begin, end;
      char rights[8];
      if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) != 3 || strncmp(rights, "rw-p", 4) != 0) continue;
      if (begin >> 40 >= 0x18 && begin >> 40 <= 0x20) continue;  // weir's own, and the allocator's
      for (unsigned long at = begin; at != end && left != 0; at += 8)
        if (points(reinterpret_cast<const void*>(at), 8, block) && !is_own(at))
          complain(out_, "%#lx: a word at %#lx, %.120s", block.address, at, line), --left;
    }
    tell_place(block);
    for (std::uint64_t i = 0; i != seen_.count; ++i)
      if (points(reinterpret_cast<const void*>(seen_.blocks[i].address), seen_.blocks[i].class_bytes - 8, block))
        complain(out_, "%#lx: a word in the block at %#lx, %lu B by %#lx", block.address, seen_.blocks[i].address, seen_.blocks[i].bytes, seen_.blocks[i].caller);
  }

  /// Of a family that is lost what is worked on holds the rest; and so may a thread that is about to lose it, or has found it.
  [[nodiscard]] static bool may_be_either(unsigned number) {
    bool either = is_worked_on(number) && g_ledger->family[number].lost;
    for (const Flight& flight : g_ledger->flight)
      either |= flight.family == number && flight.what.load(std::memory_order_relaxed) == What::Turn;
    return either;
  }

  void judge_family(unsigned number) {
    const Family& family = g_ledger->family[number];
    const bool either = may_be_either(number);
    bool all_found = true;
    for (unsigned member = 0; member != family.members; ++member) {
      if (flight_of(number, member) >= 0) continue;
      const truth_block* block = found_[number][member].block;
      if (block == nullptr) {
        complain(out_, "%u.%u at %p, %lu B, is not found", number, member, unhide(family.member[member].hidden), family.member[member].bytes);
        all_found = false;
      } else if (!either && !family.lost && block->verdict != kTruthReachable) {
        complain(out_, "%u.%u at %#lx, %lu B, is %s, but held%s", number, member, block->address, block->bytes, kVerdicts[block->verdict],
                 member != 0 && flight_of(number, member - 1) >= 0 ? " by what is worked on" : "");
      }
    }
    if (!either && family.lost && all_found) judge_lost(number);
  }

  /// Nothing points to the family; each member is settled.
  void judge_lost(unsigned number) {
    const Family& family = g_ledger->family[number];
    const auto verdict = [&](unsigned member) { return found_[number][member].block->verdict; };
    unsigned heads = 0, reachable = 0;
    for (unsigned member = 0; member != family.members; ++member) {
      heads += verdict(member) == kTruthLost;
      reachable += !is_lost(verdict(member));
    }
    out_.lost += family.members;
    out_.cycles += family.ring;
    if (reachable == 0 && heads == 1 && (family.ring || verdict(0) == kTruthLost)) return;
    for (unsigned member = 0; member != family.members; ++member)
      if (is_excused(*found_[number][member].block)) return void(out_.excused += family.members);
    unsigned who = 0;
    while (who + 1 != family.members && is_lost(verdict(who))) ++who;
    tell_who_points(*found_[number][who].block);
    for (unsigned member = 0; member != family.members; ++member)
      complain(out_, "%u.%u at %#lx, %lu B, %s, is %s", number, member, found_[number][member].block->address,
               found_[number][member].block->bytes, family.ring ? "of a lost ring" : "of a lost list", kVerdicts[verdict(member)]);
  }

  void check_sums() {
    if (seen_.summed_blocks != with_tag_) complain(out_, "the sums say %lu blocks, not %lu", seen_.summed_blocks, with_tag_);
    if (seen_.summed_lost != lost_) complain(out_, "the sums say %lu lost blocks, not %lu", seen_.summed_lost, lost_);
    if (seen_.summed_bytes != bytes_) complain(out_, "the sums say %lu B, not %lu", seen_.summed_bytes, bytes_);
  }

  const truth_seen& seen_;
  const Comparison& how_;
  Report& out_;
  Slot* slots_ = nullptr;
  Found (*found_)[kMembers] = nullptr;
  Stray* strays_ = nullptr;
  unsigned stray_count_ = 0;
  int taken_[kFlights];
  std::uint64_t foreign_ = 0, with_tag_ = 0, lost_ = 0, bytes_ = 0;
};

}  // namespace

void complain(Report& report, const char* format, ...) {
  constexpr std::uint32_t kMost = sizeof(report.text) / sizeof(report.text[0]);
  if (report.complaints < kMost) {
    va_list words;
    va_start(words, format);
    vsnprintf(report.text[report.complaints], sizeof(report.text[0]), format, words);
    va_end(words);
  }
  ++report.complaints;
}

void compare(const truth_seen* seen, void* argument) {
  const Comparison& how = *static_cast<const Comparison*>(argument);
  Comparer{*seen, how}.run();
}

}  // namespace truth

// What the threads do to the blocks, each operation announced before it begins.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.hpp"

namespace truth {

std::atomic<Style> g_style;

namespace {

[[gnu::noipa]] void clear_vectors() {
  if (__builtin_cpu_supports("avx512vl"))
    asm volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
                 "vpxorq %%zmm\\r, %%zmm\\r, %%zmm\\r\n.endr" ::: "memory");
  if (__builtin_cpu_supports("avx"))
    asm volatile("vzeroall" ::: "memory");
  else
    asm volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\npxor %%xmm\\r, %%xmm\\r\n.endr" ::: "memory");
}

/// In 8-byte words.
[[gnu::noipa]] void clear_below(std::size_t words) {
  asm volatile(
      "lea (,%%rcx,8), %%rax\n sub %%rax, %%rsp\n mov %%rsp, %%rdi\n mov %%rax, %%rdx\n xor %%eax, %%eax\n rep stosq\n"
      "add %%rdx, %%rsp\n xor %%edx, %%edx\n xor %%esi, %%esi\n xor %%edi, %%edi\n"
      "xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n xor %%r10d, %%r10d\n xor %%r11d, %%r11d\n"
      : "+c"(words)
      :
      : "rax", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

constexpr std::uint64_t kSparseFrom = std::uint64_t{1} << 20;

[[nodiscard]] Style style() { return g_style.load(std::memory_order_relaxed); }

/// Sizes of all classes alike, and now and then those that are a mapping of their own.
std::uint64_t draw_bytes(Random& random) {
  const unsigned kind = static_cast<unsigned>(random.below(10'000));
  if (style() == Style::Resize && kind > 2000)
    return 12'000 + random.below(kind > 9'990 ? 12U << 20 : kind > 9'800 ? 3U << 20 : 290'000);
  if (kind < 2) return (std::uint64_t{8} << 20) + random.below(12U << 20);
  if (kind < 10) return random.below(3U << 20);
  if (kind < 500) return 14'000 + random.below(80'000);
  if (kind < 800) return random.below(9);
  // Four classes per doubling: a power, and a quarter or more of it.
  const std::uint64_t power = std::uint64_t{16} << random.below(10);
  return power + random.below(power) - random.below(9);
}

std::uint32_t draw_into(std::uint64_t bytes, Random& random) {
  switch (random.below(4)) {
    case 0: return static_cast<std::uint32_t>(random.below(bytes + 1));
    case 1: return static_cast<std::uint32_t>(bytes);
    default: return 0;
  }
}

/// Of a word in a block of so many bytes.
std::uint32_t draw_from(std::uint64_t bytes, Random& random) {
  const std::uint64_t words = bytes / 8;
  switch (random.below(3)) {
    case 0: return 0;
    case 1: return static_cast<std::uint32_t>(8 * (words - 1));
    default: return static_cast<std::uint32_t>(8 * random.below(words));
  }
}

void store(char* at, const void* value) { *reinterpret_cast<const void* volatile*>(at) = value; }

/// Where the word lies that points to a member.
char* word_of(unsigned number, unsigned member) {
  const Family& family = g_ledger->family[number];
  if (member == 0) return reinterpret_cast<char*>(root_word(number));
  return unhide(family.member[member - 1].hidden) + family.member[member].from;
}

/// The processor's trap flag: SIGTRAP after each instruction. Below what the compiler may have put under the stack pointer.
[[gnu::always_inline]] inline void begin_steps() {
  asm volatile("lea -128(%%rsp), %%rsp\npushf\norq $0x100, (%%rsp)\npopf\nlea 128(%%rsp), %%rsp" ::: "memory", "cc");
}
[[gnu::always_inline]] inline void end_steps() {
  asm volatile("lea -128(%%rsp), %%rsp\npushf\nandq $~0x100, (%%rsp)\npopf\nlea 128(%%rsp), %%rsp" ::: "memory", "cc");
}

/// Before it is announced.
void describe(Flight& flight, unsigned number, unsigned member, std::uint64_t bytes, Way way, const Member& old) {
  flight.family = number, flight.member = member, flight.bytes = bytes, flight.way = way;
  flight.hidden = old.hidden, flight.old_bytes = old.bytes, flight.old_way = old.way;
}

void announce(Flight& flight, What what) { flight.what.store(what, std::memory_order_release); }

[[gnu::noipa]] void append(Flight& flight, unsigned number, Random& random) {
  Family& family = g_ledger->family[number];
  const unsigned place = family.members;
  const std::uint64_t bytes = draw_bytes(random);
  const bool is_sparse = bytes >= kSparseFrom && random.below(2) == 0;
  describe(flight, number, place, bytes, is_sparse ? Way::Calloc : static_cast<Way>(random.below(kWays)), {});
  announce(flight, What::Append);
  char* block = static_cast<char*>(make_block(flight.way, flight.bytes, random));
  if (block == nullptr) abort();
  // What was there before may point anywhere.
  if (flight.way != Way::Calloc) memset(block, 0, malloc_usable_size(block));
  if (is_sparse) store(block, nullptr);  // the word that leads on lies in a page far behind
  Member& member = family.member[place];
  member.from = place == 0 ? 0 : draw_from(family.member[place - 1].bytes, random);
  member.into = draw_into(flight.bytes, random);
  member.hidden = hide(block);
  member.bytes = flight.bytes;
  member.way = flight.way;
  store(word_of(number, place), block + member.into);
  family.members = place + 1;
}

[[gnu::noipa]] void shrink(Flight& flight, unsigned number, Random& random) {
  Family& family = g_ledger->family[number];
  const unsigned place = family.members - 1;
  const Member& member = family.member[place];
  describe(flight, number, place, 0, {}, member);
  announce(flight, What::Shrink);
  store(word_of(number, place), nullptr);
  free_block(unhide(member.hidden), random.below(8) == 0);
  family.members = place;
  if (place == 0) family.lost = false;
}

[[gnu::noipa]] void resize(Flight& flight, unsigned number, Random& random) {
  Family& family = g_ledger->family[number];
  const unsigned place = static_cast<unsigned>(random.below(family.members));
  Member& member = family.member[place];
  const std::uint64_t least = place + 1 < family.members ? family.member[place + 1].from + 8 : 1;
  std::uint64_t bytes = random.below(3) == 0 ? member.bytes + random.below(member.bytes / 2 + 40) : draw_bytes(random);
  if (random.below(4) == 0) bytes = member.bytes - random.below(member.bytes / 2 + 1);
  if (bytes < least) bytes = least;
  describe(flight, number, place, bytes, Way::Resize, member);
  announce(flight, What::Resize);
  char* block = static_cast<char*>(resize_block(unhide(member.hidden), bytes));
  if (block == nullptr) abort();
  const std::uint64_t same = bytes < member.bytes ? bytes : member.bytes, room = malloc_usable_size(block);
  if (same < room) memset(block + same, 0, room - same);
  if (member.into > bytes) member.into = static_cast<std::uint32_t>(bytes);
  member.hidden = hide(block);
  member.bytes = bytes;
  member.way = Way::Resize;
  if (place != 0 || !family.lost) store(word_of(number, place), block + member.into);
}

[[gnu::noipa]] void lose(Flight& flight, unsigned number, Random& random) {
  Family& family = g_ledger->family[number];
  describe(flight, number, 0, 0, {}, {});
  announce(flight, What::Turn);
  const Member& last = family.member[family.members - 1];
  family.ring = last.bytes >= 8 && random.below(3) == 0;
  if (family.ring) {
    family.ring_from = draw_from(last.bytes, random);
    store(unhide(last.hidden) + family.ring_from, unhide(family.member[0].hidden) + draw_into(family.member[0].bytes, random));
  }
  *root_word(number) = 0;
  family.lost = true;
}

[[gnu::noipa]] void find_again(Flight& flight, unsigned number) {
  Family& family = g_ledger->family[number];
  describe(flight, number, 0, 0, {}, {});
  announce(flight, What::Turn);
  if (family.ring) store(unhide(family.member[family.members - 1].hidden) + family.ring_from, nullptr);
  *root_word(number) = reinterpret_cast<std::uintptr_t>(unhide(family.member[0].hidden)) + family.member[0].into;
  family.ring = family.lost = false;
}

[[gnu::noipa]] void choose(Flight& flight, unsigned number, Random& random) {
  KEEP_APART;
  const Family& family = g_ledger->family[number];
  const unsigned choice = static_cast<unsigned>(random.below(100));
  if (family.lost && (family.ring || choice < 40)) return find_again(flight, number);
  if (family.members == 0) return append(flight, number, random);
  if (choice < 65 && choice >= (style() == Style::Resize ? 4 : 40)) return resize(flight, number, random);
  if (choice < 75 && !family.lost) return lose(flight, number, random);
  const bool may_grow = family.members < kMembers && family.member[family.members - 1].bytes >= 8;
  if (may_grow && (choice & 1) == 0) return append(flight, number, random);
  shrink(flight, number, random);
}

}  // namespace

void sweep(Worker& worker) {
  bool again;
  do {
    again = worker.handled;
    worker.handled = false;
    clear_vectors();
    clear_below(again ? 24576 : 4096);
    // A handler that came meanwhile has left more.
  } while (worker.handled);
}

void work_once(Worker& worker) {
  const unsigned families = style() == Style::All ? kFamilies : style() == Style::Resize ? 48 : 300;
  const unsigned number = static_cast<unsigned>(worker.random.below(families));
  Family& family = g_ledger->family[number];
  std::uint32_t nobody = 0;
  // acquire, release: the families go from thread to thread, so that each frees what others have made.
  if (!family.owner.compare_exchange_strong(nobody, worker.number + 1, std::memory_order_acquire)) return;
  Flight& flight = g_ledger->flight[worker.number];
  const bool steps = worker.steps;
  if (steps) begin_steps();
  choose(flight, number, worker.random);
  if (steps) end_steps();
  if (steps) worker.steps = false;
  sweep(worker);
  announce(flight, What::Nothing);
  family.owner.store(0, std::memory_order_release);
}

[[gnu::noipa]] void make_and_free(Worker& worker) {
  KEEP_APART;
  free_block(make_block(Way::Malloc, 24, worker.random), false);
}

[[gnu::noipa]] void forget_newest(Worker& worker) {
  Flight& flight = g_ledger->flight[worker.number];
  describe(flight, kNoFamily, 0, 24, Way::Malloc, {});
  announce(flight, What::Append);
  make_and_free(worker);
  worker.handled = true;
  sweep(worker);
  announce(flight, What::Nothing);
}

}  // namespace truth

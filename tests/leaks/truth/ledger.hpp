// What the test knows of its own blocks. All of it lies in private memory outside the heap: a copy of the process has the ledger
// as it was at the very instant of the heap's own copy. Addresses are hidden, so that the ledger holds nothing.
//
//   root word ─→ member 0 ─→ member 1 ─→ …      a family: reachable while its root word is set
//                    ↑___________ ring ___│      lost, and so is all that it leads to, once that is cleared
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace truth {

inline constexpr unsigned kWorkers = 5, kMain = kWorkers, kFlights = kWorkers + 1;
inline constexpr unsigned kFamilies = 2000, kMembers = 4, kNoFamily = ~0U;
inline constexpr std::size_t kStackBytes = 512 << 10;

inline constexpr std::uintptr_t kMask = std::uintptr_t{0x5a5a} << 48;
inline std::uintptr_t hide(const void* block) { return reinterpret_cast<std::uintptr_t>(block) ^ kMask; }
inline char* unhide(std::uintptr_t hidden) { return reinterpret_cast<char*>(hidden ^ kMask); }

/// By which function a block was made, or got its size. Each is one of its own (ways.cpp).
enum class Way : std::uint8_t { Malloc, Calloc, Aligned, Posix, Null, Array, New, Resize };
inline constexpr unsigned kWays = 7;  ///< of making one

struct Member {
  std::uintptr_t hidden;
  std::uint64_t bytes;
  std::uint32_t from;  ///< where in the member before it the word lies that points here
  std::uint32_t into;  ///< where it points: the first byte, one in the middle, or right behind the last
  Way way;
};

struct Family {
  std::atomic<std::uint32_t> owner;  ///< the thread that works on it, and 1
  std::uint32_t members;
  bool lost;
  bool ring;                ///< the last member points to the first
  std::uint32_t ring_from;  ///< … from there
  Member member[kMembers];
};

enum class What : std::uint32_t {
  Nothing,
  Append,  ///< a member comes into being
  Shrink,  ///< it ends
  Resize,  ///< it changes its size, and perhaps its place
  Turn,    ///< the family is lost, or found again
  Born,    ///< the thread begins
  Ends,    ///< the thread ends, or its stack is not yet swept
};

/// What one thread is in the middle of. Only that may be either way.
struct Flight {
  std::atomic<What> what;
  std::uint32_t family, member;
  std::uint64_t bytes;    ///< Append, Resize: wanted
  std::uintptr_t hidden;  ///< Shrink, Resize: as it was
  std::uint64_t old_bytes;
  Way way, old_way;
  const char *stack_low, *stack_high;
};

struct Ledger {
  Family family[kFamilies];
  Flight flight[kFlights];
};
extern Ledger* g_ledger;

/// The words that hold the families, in memory of many kinds.
inline constexpr unsigned kPlaces = 8;
inline constexpr unsigned kWordsOfPlace = (kFamilies + kPlaces - 1) / kPlaces;
struct RootPlace {
  char* base;
  std::size_t stride;
};
extern RootPlace g_place[kPlaces];
inline std::uintptr_t* root_word(unsigned family) {
  const RootPlace& place = g_place[family % kPlaces];
  return reinterpret_cast<std::uintptr_t*>(place.base + family / kPlaces * place.stride);
}

/// xorshift64*
struct Random {
  std::uint64_t state;
  std::uint64_t word() {
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d >> 16;
  }
  std::uint64_t below(std::uint64_t bound) { return word() % bound; }
};

// ways.cpp
void* make_block(Way way, std::size_t bytes, Random& random);
void* resize_block(void* block, std::size_t bytes);
void free_block(void* block, bool by_realloc);
/// The first byte of the function's code; the code is shorter than kCodeBytes.
std::uintptr_t code_of(Way way);
inline constexpr std::uintptr_t kCodeBytes = 256;
/// Whether an address lies in this program's own code.
bool is_own_code(std::uintptr_t pc);

// storm.cpp
enum class Style {
  All,     ///< every operation, every size
  Resize,  ///< few families of large blocks, nearly always being resized
  Slabs,   ///< few families: slabs come and go
};
extern std::atomic<Style> g_style;
struct Worker {
  unsigned number;
  Random random;
  volatile bool handled;  ///< a signal handler ran on its stack since it was last swept
  volatile bool steps;    ///< its next operation is to trap after each instruction
};
/// One operation on a family that nobody else works on.
void work_once(Worker& worker);
/// Afterwards weir knows no newest block of this thread.
void forget_newest(Worker& worker);
/// Room in a frame: what is called from it leaves its words deeper than sweep() has its own frames.
#define KEEP_APART                \
  volatile char room_apart[2048]; \
  asm volatile("" ::"r"(room_apart) : "memory")
/// Overwrites what is left on the stack below the caller, and what registers may still hold.
void sweep(Worker& worker);

// compare.cpp
/// What comparisons have counted. In memory that the copies share.
struct Report {
  std::uint64_t blocks, lost, cycles;      ///< compared: all, lost ones, families that are rings
  std::uint64_t in_flight;                 ///< blocks that an operation under way accounts for
  std::uint64_t moving;                    ///< … without a tag, for they were being resized
  std::uint64_t excused;                   ///< lost ones that something of an operation under way still points to
  std::uint64_t foreign;                   ///< the C library's
  std::uint64_t class_bits[2];             ///< powers of two and quarters of the sizes seen
  std::uint32_t complaints;
  char text[30][200];
};
struct Comparison {
  Report* report;
  int way;  ///< truth_way
  bool at_rest;
  unsigned most_foreign;
};
}  // namespace truth

struct truth_seen;
namespace truth {
/// What was seen, against the ledger; in the copy. `argument`: a Comparison.
void compare(const truth_seen* seen, void* argument);
/// Notes what is wrong. Safe in a copy of the process.
[[gnu::format(printf, 2, 3)]] void complain(Report& report, const char* format, ...);

}  // namespace truth

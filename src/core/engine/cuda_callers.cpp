// Which library asks for memory: those that map, register or share it by ways of their own are left alone.
//
//   return address ──→ of a communication library: passed by
//                  ──→ of the program, or of any other library: not
//                  ──→ of CUDA's shared runtime or driver: the first caller on the stack that is none of those
//
// Answers are kept in words that hold question and answer at once, so they are read and replaced without a lock. Each has the
// number of libraries closed so far in it: nobody finds an answer that is older than the last of them.
#include <array>
#include <string_view>

#include "core/base/bits.hpp"
#include "core/engine/capture_site.hpp"
#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/engine/operation.hpp"
#include "core/platform/mappings.hpp"

namespace weir::engine {
namespace {

enum class Whose : std::uint8_t { Unknown = 0, Program = 1, Communication = 2, Cuda = 3 };

/// Names as file names begin, up to a character that is neither letter nor digit.
struct Library {
  std::string_view begins;
  const char* name;  ///< for a sentence
};
constexpr Library kCommunication[] = {
    {"libnccl", "NCCL"},    {"libnvshmem", "NVSHMEM"},   {"libucp", "UCX"},
    {"libuct", "UCX"},      {"libucs", "UCX"},           {"libucm", "UCX"},
    {"libmpi", "MPI"},      {"libmpich", "MPI"},         {"libmpicxx", "MPI"},
    {"libmpicxx11", "MPI"}, {"libmpifort", "MPI"},       {"libmvapich", "MPI"},
    {"libmvapich2", "MPI"}, {"libopen-pal", "Open MPI"}, {"libopen-rte", "Open MPI"},
    {"libpmix", "PMIx"},    {"libfabric", "libfabric"},
};
constexpr std::string_view kCuda[] = {"libcudart", "libcuda", "libweir"};

constexpr bool is_word_char(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool begins_with_word(std::string_view file, std::string_view word) noexcept {
  return file.size() > word.size() && file.starts_with(word) && !is_word_char(file[word.size()]);
}

std::string_view file_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path;
}

const Library* communication_library(std::string_view file) noexcept {
  for (const Library& library : kCommunication)
    if (begins_with_word(file, library.begins)) return &library;
  return nullptr;
}

constinit std::atomic<std::uint32_t> g_closed{};

/// What was found out, by a number of at most 48 bits: an address, or a site.
class Answers {
 public:
  [[nodiscard]] Whose find(std::uint64_t number) const noexcept {
    const std::uint64_t word = place(number).load(std::memory_order_relaxed);
    return word >> 2 == question(number) >> 2 ? static_cast<Whose>(word & 3) : Whose::Unknown;
  }
  void note(std::uint64_t number, Whose answer) noexcept {
    place(number).store(question(number) | static_cast<std::uint64_t>(answer), std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kPlaces = 256;
  static std::uint64_t question(std::uint64_t number) noexcept {
    return number << 16 | std::uint64_t{g_closed.load(std::memory_order_relaxed) & 0x3fff} << 2;
  }
  std::atomic<std::uint64_t>& place(std::uint64_t number) noexcept { return words_[mix(number) % kPlaces]; }
  const std::atomic<std::uint64_t>& place(std::uint64_t number) const noexcept {
    return words_[mix(number) % kPlaces];
  }
  std::atomic<std::uint64_t> words_[kPlaces];
};
constinit Answers g_by_address{}, g_by_site{};

/// The name of a communication library that was seen; never forgotten, because what it has registered may outlive it.
constinit std::atomic<const char*> g_seen{};
constinit std::atomic<std::uint64_t> g_next_look_ns{};
constinit std::atomic<bool> g_looking{};

/// Of code that stands on this thread's stack.
Whose look_whose(std::uintptr_t pc) noexcept {
  platform::LoadedObject object{};
  if (!platform::find_object(pc - 1, object) || object.name == nullptr) return Whose::Program;
  const std::string_view file = file_of(object.name);
  for (const std::string_view cuda : kCuda)
    if (begins_with_word(file, cuda)) return Whose::Cuda;
  const Library* library = communication_library(file);
  if (library == nullptr) return Whose::Program;
  g_seen.store(library->name, std::memory_order_relaxed);
  return Whose::Communication;
}

Whose whose(std::uintptr_t pc) noexcept {
  Whose known = g_by_address.find(pc);
  if (known != Whose::Unknown) return known;
  known = look_whose(pc);
  g_by_address.note(pc, known);
  return known;
}

/// The first that is not CUDA's, of a stack that stands.
Whose look_through(std::uint32_t site) noexcept {
  std::uint32_t node = g_sites.record(site).node;
  for (std::uint32_t frames = 0; node != 0 && frames != g_config.stack_depth.frames; ++frames) {
    const profile::NodeRecord& frame = g_sites.frame(node);
    if (const Whose found = whose(frame.pc); found != Whose::Cuda) return found;
    node = frame.parent;
  }
  return Whose::Program;
}

[[gnu::noinline]] Whose whose_stack(Caller caller) noexcept {
  ThreadState& self = t_self;
  if (!may_record_cuda(self, caller)) return Whose::Program;
  const Operation operation{self, caller};
  if (!counts_cuda()) return Whose::Program;
  const std::uint32_t site = capture_site(self, caller);
  Whose known = g_by_site.find(site);
  if (known != Whose::Unknown) return known;
  known = look_through(site);
  g_by_site.note(site, known);
  return known;
}

[[gnu::noinline]] Whose whose_address(Caller caller) noexcept {
  const KeepOut keep_out;  // where glibc does not answer, the lookup takes a lock of weir's
  return keep_out.entered ? whose(caller.return_address()) : Whose::Program;
}

const char* look_for_one() noexcept {
  platform::Mappings mappings;
  platform::Mapping mapping{};
  std::array<char, 512> path{};
  while (mappings.next(mapping, path)) {
    if (mapping.inode == 0) continue;
    if (const Library* found = communication_library(file_of(path.data()))) return found->name;
  }
  return nullptr;
}

}  // namespace

bool cuda_is_passed_by(Caller caller) noexcept {
  Whose found = g_by_address.find(caller.return_address());
  if (found == Whose::Unknown) [[unlikely]]
    found = whose_address(caller);
  if (found == Whose::Cuda) [[unlikely]]
    found = whose_stack(caller);
  return stay(found == Whose::Communication);
}

const char* cuda_communication_library() noexcept {
  constexpr std::uint64_t kLookEveryNs = 100'000'000;
  constexpr std::uint64_t kShareOfTime = 50;
  if (const char* seen = g_seen.load(std::memory_order_relaxed)) return seen;
  if (platform::coarse_monotonic_ns() < g_next_look_ns.load(std::memory_order_relaxed)) return nullptr;
  const KeepOut keep_out;
  if (!keep_out.entered || g_looking.exchange(true, std::memory_order_acquire))
    return g_seen.load(std::memory_order_relaxed);
  const std::uint64_t began = platform::monotonic_ns();
  const char* found = look_for_one();
  const std::uint64_t now = platform::monotonic_ns(), pause = (now - began) * kShareOfTime;
  if (found != nullptr) g_seen.store(found, std::memory_order_relaxed);
  g_next_look_ns.store(now + (pause > kLookEveryNs ? pause : kLookEveryNs), std::memory_order_relaxed);
  g_looking.store(false, std::memory_order_release);
  return found;
}

void cuda_callers_closed() noexcept { g_closed.fetch_add(1, std::memory_order_relaxed); }

void forget_cuda_callers() noexcept {
  cuda_callers_closed();  // sites have other numbers now
  g_looking.store(false, std::memory_order_relaxed);
}

}  // namespace weir::engine

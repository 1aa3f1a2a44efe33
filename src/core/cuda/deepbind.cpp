// Libraries opened with RTLD_DEEPBIND bind their own copies of names before the process's: past us.
//
// The open itself cannot be waited for: dlopen is jumped to, because the library's place decides what it finds. So it only
// leaves a mark, and the next call that comes by us looks at the objects that are new since, and leads their slots for
// the driver's functions, dlsym and dlopen to us. Under the loader's lock nothing is looked up: a slot that is not bound
// yet leads to a wrapper that finds the driver when it is called.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cstring>

#include "core/base/tally.hpp"
#include "core/cuda/cuda.hpp"
#include "core/cuda/elf_object.hpp"
#include "core/cuda/function.hpp"
#include "core/engine/engine.hpp"
#include "core/platform/platform.hpp"

constinit std::uint32_t weir_scan_pending{};

extern "C" {
// The exported functions; not there in the unit tests.
[[gnu::weak, gnu::visibility("hidden")]] void weir_dlsym();
[[gnu::weak, gnu::visibility("hidden")]] void weir_dlopen();
}

namespace weir::cuda {
namespace {

/// Calls that pass by with a mark standing and nothing new to be seen, before it is taken down: the open has failed.
constexpr std::uint32_t kPatience = 4096;
/// Looks at objects that are never bound, as far as can be told, before they are left as they are.
constexpr std::uint32_t kMostLooks = 256;

constinit std::atomic<bool> g_scanning{};
constinit unsigned long long g_loads_before{};  ///< objects ever loaded when the mark was set, and
constinit unsigned long long g_loads_seen{};    ///< … when it was last looked
constinit std::uint32_t g_patience{}, g_looks{};

/// A child forked while another thread looks would find the loader's lock taken for good.
constinit thread_local bool t_looks [[gnu::tls_model("initial-exec")]]{};
constinit thread_local bool t_holds_looks [[gnu::tls_model("initial-exec")]]{};
constinit std::atomic<bool> g_waits_at_fork{};

bool begin_look() noexcept {
  if (g_scanning.exchange(true, std::memory_order_acquire)) return false;
  return t_looks = true;
}
void end_look() noexcept {
  t_looks = false;
  g_scanning.store(false, std::memory_order_release);
}

/// Not for ever: who looks may itself wait for a thread that waits for us.
void before_fork() noexcept {
  constexpr std::uint64_t kLongestNs = 1'000'000'000;
  const std::uint64_t began = platform::monotonic_ns();
  while (!t_looks && !t_holds_looks && platform::monotonic_ns() - began < kLongestNs) {
    t_holds_looks = !g_scanning.exchange(true, std::memory_order_acquire);
    if (!t_holds_looks) platform::raw_syscall(SYS_sched_yield);
  }
}
/// In the child, too: where another thread was looking, nobody will look again.
void after_fork() noexcept {
  if (t_holds_looks) g_scanning.store(false, std::memory_order_release);
  t_holds_looks = false;
}

struct Scan {
  std::size_t objects = 0;  ///< in our namespace
  unsigned long long loads = 0;
  std::size_t first_new = 0, at = 0;
  bool is_unfinished = false;  ///< an object was not relocated yet
};

int count_objects(dl_phdr_info* info, std::size_t, void* out) {
  auto& scan = *static_cast<Scan*>(out);
  ++scan.objects;
  scan.loads = info->dlpi_adds;
  return 0;
}

void* function_address(void (*function)()) noexcept { return reinterpret_cast<void*>(function); }

/// What a slot for `name` should hold; null: it is none of ours.
void* replacement(Function f, const char* name) noexcept {
  if (f != Function::None) return wrapper_of(f, CudaRoute::Patched);
  if (std::strcmp(name, "dlsym") == 0) return function_address(weir_dlsym);
  if (std::strcmp(name, "dlopen") == 0) return function_address(weir_dlopen);
  return nullptr;
}

/// Where an address lies in the order in which objects were loaded.
struct Whereabouts {
  const void* address;
  bool is_mapped = false, is_before_us = false;
  bool past_us = false;
};

int look_for(dl_phdr_info* info, std::size_t, void* out) {
  auto& where = *static_cast<Whereabouts*>(out);
  const ElfObject object{*info};
  where.past_us = where.past_us || object.contains(&g_patience);
  where.is_mapped = object.contains(where.address);
  where.is_before_us = where.is_mapped && !where.past_us;
  return where.is_mapped ? 1 : 0;
}

/// The loader's lock, which is held, is recursive.
Whereabouts whereabouts_of(const void* address) noexcept {
  Whereabouts where{.address = address};
  dl_iterate_phdr(look_for, &where);
  return where;
}

bool write_slot(const ElfObject& object, void** slot, void* before, void* after) noexcept {
  const auto page = reinterpret_cast<std::uintptr_t>(slot) & ~std::uintptr_t{platform::kPageBytes - 1};
  const bool is_sealed = object.is_sealed(slot);
  if (is_sealed &&
      platform::raw_syscall(SYS_mprotect, page, platform::kPageBytes, PROT_READ | PROT_WRITE) != 0)
    return false;
  std::atomic_ref<void*>{*slot}.compare_exchange_strong(before, after, std::memory_order_release);
  if (is_sealed) platform::raw_syscall(SYS_mprotect, page, platform::kPageBytes, PROT_READ);
  return true;
}

void lead_to_us(Scan& scan, const ElfObject& object, const char* name, const Elf64_Sym& symbol,
                void** slot) noexcept {
  const bool may_be_ours = (name[0] == 'c' && name[1] == 'u') || (name[0] == 'd' && name[1] == 'l');
  if (!may_be_ours || symbol.st_shndx != SHN_UNDEF) return;
  const Function f = find_symbol(name);
  void* wanted = replacement(f, name);
  if (wanted == nullptr) return;
  void* bound = load_acquire(*slot);
  if (is_own(bound) || (bound == nullptr && ELF64_ST_BIND(symbol.st_info) == STB_WEAK)) return;
  const bool is_lazy = object.contains(bound);
  if (!is_lazy) {
    const Whereabouts where = whereabouts_of(bound);
    if (!where.is_mapped) scan.is_unfinished = true;
    // What was loaded before us is the program, or an interposer: who binds to it does so on purpose.
    if (!where.is_mapped || where.is_before_us) return;
  }
  const bool is_free = is_lazy || f == Function::None || claim(f, CudaRoute::Patched, bound);
  if (is_free && write_slot(object, slot, bound, wanted)) return;
  if (f != Function::None)
    engine::cuda_unhooked(row(f).symbol.data(), CudaRoute::Patched, is_free ? "sealed" : "second");
}

int look_at(dl_phdr_info* info, std::size_t, void* out) {
  auto& scan = *static_cast<Scan*>(out);
  if (scan.at++ < scan.first_new) return 0;
  const ElfObject object{*info};
  if (object.contains(&g_patience)) return 0;
  object.each_slot([&](const char* name, const Elf64_Sym& symbol, void** slot) noexcept {
    lead_to_us(scan, object, name, symbol, slot);
  });
  return 0;
}

void scan_new_objects() noexcept {
  Scan scan;
  dl_iterate_phdr(count_objects, &scan);
  const unsigned long long fresh = scan.loads - g_loads_before;
  if (fresh == 0) {
    if (--g_patience == 0) store_relaxed(weir_scan_pending, 0U);
    return;
  }
  scan.first_new = fresh < scan.objects ? scan.objects - fresh : 0;
  dl_iterate_phdr(look_at, &scan);
  // Twice the same: what the open brings is there.
  const bool is_over = !scan.is_unfinished || --g_looks == 0;
  if (is_over && (scan.loads == g_loads_seen || g_looks == 0)) store_relaxed(weir_scan_pending, 0U);
  g_loads_seen = scan.loads;
}

}  // namespace
}  // namespace weir::cuda

void weir_scan_objects() {
  using namespace weir::cuda;
  if (!begin_look()) return;
  if (weir::load_relaxed(weir_scan_pending) != 0) scan_new_objects();
  end_look();
}

int weir_begin_deepbind(const char* path, int flags) {
  using namespace weir::cuda;
  weir::engine::cuda_deepbind_open(path != nullptr ? path : "");
  const weir::config::Deepbind wish = weir::engine::options().deepbind;  // known from the first operation on
  if (wish == weir::config::Deepbind::Strip) return flags & ~RTLD_DEEPBIND;
  if (wish == weir::config::Deepbind::Keep || (flags & RTLD_NOLOAD) != 0) return flags;
  if (!g_waits_at_fork.exchange(true, std::memory_order_relaxed))
    pthread_atfork(before_fork, after_fork, after_fork);
  if (!begin_look()) return flags;  // another open's mark stands
  if (weir::load_relaxed(weir_scan_pending) == 0) {
    Scan scan;
    dl_iterate_phdr(count_objects, &scan);
    g_loads_before = g_loads_seen = scan.loads;
  }
  g_patience = kPatience;
  g_looks = kMostLooks;
  weir::store_relaxed(weir_scan_pending, 1U);
  end_look();
  return flags;
}

#include "core/cuda/function.hpp"

#include <atomic>

#include "core/base/tally.hpp"
#include "core/cuda/cuda.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/loader.hpp"
#include "core/cuda/wrapper.hpp"

extern "C" {
/// The jumps of the exported functions; not there in the unit tests.
[[gnu::weak, gnu::visibility("hidden")]] extern void* weir_cuda_entries[];
// The bounds of this library, from the linker.
[[gnu::visibility("hidden")]] extern const char __ehdr_start[];
[[gnu::visibility("hidden")]] extern const char _end[];
}

namespace weir::cuda {

constinit void* g_real[kFunctions][engine::kCudaRoutes]{};

namespace {

constexpr Row kRows[] = {
#define DRIVER_FN(symbol, base, since, stream, takes, body) \
  {#symbol, #base, since, Stream::stream, Takes::takes},
#include "core/cuda/functions.inc"
#undef DRIVER_FN
};

template <CudaRoute Route>
void* const kWrappers[kFunctions] = {
#define DRIVER_FN_LIGHT(symbol, base, since, stream) \
  reinterpret_cast<void*>(                           \
      &Forwarder<Function::symbol, Route, Takes::Current, false, decltype(::symbol)>::call),
#define DRIVER_FN(symbol, base, since, stream, takes, body) \
  reinterpret_cast<void*>(&Wrapper<Function::symbol, Route, Takes::takes, &body, decltype(::symbol)>::call),
#include "core/cuda/functions.inc"
#undef DRIVER_FN
};

/// Beginnings of the names of functions that make memory, map that of others, or make what memory is taken from.
constexpr std::string_view kAllocating[] = {"cuMemAlloc",
                                            "cuMemCreate",
                                            "cuMemHostAlloc",
                                            "cuMemHostRegister",
                                            "cuMemPoolCreate",
                                            "cuMemPoolImportPointer",
                                            "cuMemImport",
                                            "cuMulticastCreate",
                                            "cuArrayCreate",
                                            "cuArray3DCreate",
                                            "cuMipmappedArrayCreate",
                                            "cuIpcOpenMemHandle",
                                            "cuGraphAddMemAlloc",
                                            "cuImportExternalMemory"};

}  // namespace

const Row& row(Function f) noexcept { return kRows[index(f)]; }

Function find_symbol(std::string_view symbol) noexcept {
  for (std::size_t i = 0; i != kFunctions; ++i)
    if (kRows[i].symbol == symbol) return static_cast<Function>(i);
  return Function::None;
}

Function choose(std::string_view base, std::uint32_t version, Stream stream) noexcept {
  std::size_t best[2] = {kFunctions, kFunctions};  // by Stream
  for (std::size_t i = 0; i != kFunctions; ++i) {
    const Row& it = kRows[i];
    std::size_t& so_far = best[static_cast<std::size_t>(it.stream)];
    if (it.base == base && it.since <= version && (so_far == kFunctions || it.since > kRows[so_far].since))
      so_far = i;
  }
  const bool has_twin = best[1] != kFunctions;
  return static_cast<Function>(best[stream == Stream::PerThread && has_twin ? 1 : 0]);
}

bool is_allocation_class(std::string_view name) noexcept {
  for (const std::string_view beginning : kAllocating)
    if (name.starts_with(beginning)) return true;
  return false;
}

bool is_own(const void* address) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  return at >= reinterpret_cast<std::uintptr_t>(__ehdr_start) && at < reinterpret_cast<std::uintptr_t>(_end);
}

void* wrapper_of(Function f, CudaRoute route) noexcept {
  switch (route) {
    case CudaRoute::Dlsym: return kWrappers<CudaRoute::Dlsym>[index(f)];
    case CudaRoute::ProcAddress: return kWrappers<CudaRoute::ProcAddress>[index(f)];
    case CudaRoute::Patched: return kWrappers<CudaRoute::Patched>[index(f)];
    default: return kWrappers<CudaRoute::Linked>[index(f)];
  }
}

bool claim(Function f, CudaRoute route, void* real) noexcept {
  void* before = nullptr;
  std::atomic_ref<void*> slot{g_real[index(f)][static_cast<std::size_t>(route)]};
  // release, acquire: the function's code was mapped before its address was told.
  return slot.compare_exchange_strong(before, real, std::memory_order_acq_rel) || before == real;
}

void* hand_out(Function f, CudaRoute route, void* real) noexcept {
  if (real == nullptr || is_own(real)) return real;
  if (claim(f, route, real)) return wrapper_of(f, route);
  engine::cuda_unhooked(row(f).symbol.data(), route, "second");
  return real;
}

const void* any_real() noexcept {
  for (const auto& routes : g_real)
    for (void* const& slot : routes)
      if (const void* real = load_acquire(slot)) return real;
  return nullptr;
}

void* find_real(Function f, CudaRoute route) noexcept {
  const char* symbol = row(f).symbol.data();
  void* found = route == CudaRoute::Linked ? next_symbol(symbol) : nullptr;
  if (found == nullptr) found = driver_symbol(symbol);
  if (found == nullptr || is_own(found)) return nullptr;
  return claim(f, route, found) ? found : load_acquire(g_real[index(f)][static_cast<std::size_t>(route)]);
}

void get_ready() noexcept {
  static constinit std::uint32_t is_ready{};
  if (load_acquire(is_ready) != 0 || driver_symbol(row(Function::cuMemAlloc_v2).symbol.data()) == nullptr)
    return;
  find_asked();
  for (std::size_t i = 0; i != kFunctions && weir_cuda_entries != nullptr; ++i) {
    const auto f = static_cast<Function>(i);
    if (find_real(f, CudaRoute::Linked) != nullptr && may_be_drivers(nullptr))
      store_release(weir_cuda_entries[i], wrapper_of(f, CudaRoute::Linked));
  }
  store_release(is_ready, 1U);
}

}  // namespace weir::cuda

void* weir_enter_linked(std::uint32_t row_number, const void* from, void** entry) {
  using namespace weir::cuda;
  const auto f = static_cast<Function>(row_number);
  const char* name = row(f).symbol.data();
  void* next = next_symbol(name);
  void* found = next != nullptr ? next : in_scope_of(from, name);
  if (is_own(found)) found = nullptr;
  const bool is_strange = found != nullptr && !may_be_drivers(found);
  void* target = is_strange ? found : wrapper_of(f, CudaRoute::Linked);
  if (next != nullptr || (!is_strange && found != nullptr)) weir::store_release(*entry, target);
  if (!is_strange) get_ready();
  return target;
}

// The rows of functions.inc, how they are found, and what is behind each of their wrappers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/tally.hpp"
#include "core/engine/cuda_memory.hpp"

namespace weir::cuda {

using engine::CudaRoute;

enum class Stream : std::uint8_t { Plain, PerThread };
enum class Takes : std::uint8_t { None, Pooled, Current, Named, Host };

enum class Function : std::uint16_t {
#define DRIVER_FN(symbol, base, since, stream, takes, body) symbol,
#include "core/cuda/functions.inc"
#undef DRIVER_FN
  None
};
inline constexpr std::size_t kFunctions = static_cast<std::size_t>(Function::None);
inline constexpr std::size_t index(Function f) noexcept { return static_cast<std::size_t>(f); }

struct Row {
  std::string_view symbol, base;
  std::uint32_t since;
  Stream stream;
  Takes takes;
};
[[nodiscard]] const Row& row(Function f) noexcept;

/// By the exported name.
[[nodiscard]] Function find_symbol(std::string_view symbol) noexcept;
/// What a driver of this version calls `base`; PerThread falls back to Plain where there is no twin.
[[nodiscard]] Function choose(std::string_view base, std::uint32_t version, Stream stream) noexcept;
/// Is this the name of a function that makes memory, of whatever version?
[[nodiscard]] bool is_allocation_class(std::string_view name) noexcept;

// One slot for each function and route: the function that the wrapper calls. A route that would have led to another
// function than before is left alone.

/// The wrapper of `f` for `route`, which from now on calls `real`; or `real` itself, when it is weir's own, or when the
/// wrapper already leads to another function (that is reported).
[[nodiscard]] void* hand_out(Function f, CudaRoute route, void* real) noexcept;
[[nodiscard]] void* wrapper_of(Function f, CudaRoute route) noexcept;
/// False: the slot has another function. (A null `real` asks whether it is free.)
[[nodiscard]] bool claim(Function f, CudaRoute route, void* real) noexcept;

extern void* g_real[kFunctions][engine::kCudaRoutes];

/// The function behind a wrapper that nobody was handed: the next one in the process, or the loaded driver's. Null: there
/// is no driver.
[[nodiscard]] void* find_real(Function f, CudaRoute route) noexcept;

/// What the wrapper of `f` for `route` calls, as a function of this type; null: there is no driver.
template <class Symbol>
[[nodiscard]] inline Symbol* driver_function(Function f, CudaRoute route) noexcept {
  void* found = load_acquire(g_real[index(f)][static_cast<std::size_t>(route)]);
  if (found == nullptr) [[unlikely]]
    found = find_real(f, route);
  return reinterpret_cast<Symbol*>(found);
}

/// Once there is a driver: finds all that weir will ever call of it. Later a call must not wait for the loader, whose lock may
/// be held by who waits for this thread (a library's constructor).
void get_ready() noexcept;

/// Some function of the driver that a wrapper leads to; null: none does.
[[nodiscard]] const void* any_real() noexcept;

/// Is the address within this library?
[[nodiscard]] bool is_own(const void* address) noexcept;

}  // namespace weir::cuda

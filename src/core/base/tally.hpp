// Counters that one thread writes, and that its own signal handlers may interrupt.
//
// A read-modify-write in one instruction cannot be torn by a signal on the same thread, and needs no lock prefix
// as long as no other thread writes. Other threads and processes may read: each number is one aligned word.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

/// Adds to a counter of the calling thread.
inline void add_own(std::uint64_t& counter, std::uint64_t amount) noexcept {
#if defined(__x86_64__)
  asm("addq %1, %0" : "+m"(counter) : "er"(amount) : "cc");
#else
  std::atomic_ref<std::uint64_t>{counter}.fetch_add(amount, std::memory_order_relaxed);
#endif
}

inline void add_own(std::int64_t& sum, std::int64_t amount) noexcept {
  add_own(reinterpret_cast<std::uint64_t&>(sum), static_cast<std::uint64_t>(amount));
}

/// Adds to a counter that any thread may write.
inline void add_shared(std::uint64_t& counter, std::uint64_t amount) noexcept {
  std::atomic_ref<std::uint64_t>{counter}.fetch_add(amount, std::memory_order_relaxed);
}

/// Loads and stores of words that other threads or processes see; of enumerations, too.
template <class T>
T load_relaxed(const T& word) noexcept {
  T value;
  __atomic_load(const_cast<T*>(&word), &value, __ATOMIC_RELAXED);
  return value;
}
template <class T>
T load_acquire(const T& word) noexcept {
  T value;
  __atomic_load(const_cast<T*>(&word), &value, __ATOMIC_ACQUIRE);
  return value;
}
template <class T>
void store_relaxed(T& word, T value) noexcept {
  __atomic_store(&word, &value, __ATOMIC_RELAXED);
}
template <class T>
void store_release(T& word, T value) noexcept {
  __atomic_store(&word, &value, __ATOMIC_RELEASE);
}

}  // namespace weir

#include "core/cuda/physical.hpp"

namespace weir::cuda {

void PhysicalMemory::hold(std::uint64_t handle, std::uint64_t key) noexcept {
  if (Handle* known = handles_.insert(handle)) *known = {key, known->count + 1};
  if (std::uint64_t* holds = holds_.insert(key)) ++*holds;
}

std::uint64_t PhysicalMemory::let_go(std::uint64_t key) noexcept {
  std::uint64_t* holds = holds_.find(key);
  if (holds == nullptr || --*holds != 0) return 0;
  holds_.erase(key);
  return key;
}

std::uint64_t PhysicalMemory::made(std::uint64_t handle) noexcept {
  const platform::Holding held{lock_};
  std::uint64_t key = handle;
  while (holds_.find(key) != nullptr) key = handle ^ ++others_ << 48;
  handles_.erase(handle);
  hold(handle, key);
  return key;
}

void PhysicalMemory::retained(std::uint64_t handle, std::uint64_t address) noexcept {
  const platform::Holding held{lock_};
  const auto* at = mappings_.find_if(
      [=](std::uint64_t begin, const Mapping& mapping) noexcept { return address - begin < mapping.bytes; });
  if (at != nullptr) hold(handle, at->value.key);
}

PhysicalMemory::Released PhysicalMemory::release(std::uint64_t handle) noexcept {
  const platform::Holding held{lock_};
  Handle* known = handles_.find(handle);
  if (known == nullptr) return {.handle = handle, .key = 0, .last_of = 0, .found = false};
  const std::uint64_t key = known->key;
  if (--known->count == 0) handles_.erase(handle);
  return {.handle = handle, .key = key, .last_of = let_go(key), .found = true};
}

void PhysicalMemory::hold_again(const Released& released) noexcept {
  if (!released.found) return;
  const platform::Holding held{lock_};
  hold(released.handle, released.key);
}

void PhysicalMemory::mapped(std::uint64_t address, std::uint64_t bytes, std::uint64_t handle) noexcept {
  const platform::Holding held{lock_};
  const Handle* known = handles_.find(handle);
  if (known == nullptr) return;
  const std::uint64_t key = known->key;
  Mapping* mapping = mappings_.insert(address);
  if (mapping == nullptr) return;
  *mapping = {key, bytes};
  if (std::uint64_t* holds = holds_.insert(key)) ++*holds;
}

bool PhysicalMemory::unmap_one(std::uint64_t begin, std::uint64_t end, std::uint64_t& last_of) noexcept {
  const platform::Holding held{lock_};
  std::uint64_t address = begin;
  const Mapping* mapping = mappings_.find(begin);
  if (mapping == nullptr) {
    const auto* at = mappings_.find_if(
        [=](std::uint64_t first, const Mapping&) noexcept { return first - begin < end - begin; });
    if (at == nullptr) return false;
    address = at->key;
    mapping = &at->value;
  }
  const std::uint64_t key = mapping->key;
  mappings_.erase(address);
  last_of = let_go(key);
  return true;
}

}  // namespace weir::cuda

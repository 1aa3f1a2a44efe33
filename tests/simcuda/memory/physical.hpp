// Physical memory: pages of a file, charged to the device that has them. What nobody may import comes from the
// device's own store; what may be exported is a file of its own, which outlives the process that made it as long
// as another one holds it; what was imported is charged to nobody here. Host memory is a file of its own too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "memory/shared_memory.hpp"

namespace simcuda::memory {

class Physical {
 public:
  static constexpr int kHost = -1;

  struct Request {
    int device = kHost;
    std::size_t bytes = 0;
    bool shareable = false;
    SharedMemory::Kind kind = SharedMemory::Kind::Allocation;
    const void* payload = nullptr;  // travels with a file of its own
    std::size_t payload_bytes = 0;
  };

  /// All under the driver's lock, and so is the destructor. Null: the device, or the host, has not that much left.
  [[nodiscard]] static std::unique_ptr<Physical> take(const Request& request);
  [[nodiscard]] static std::unique_ptr<Physical> import(SharedMemory file);
  ~Physical();
  Physical(const Physical&) = delete;
  Physical& operator=(const Physical&) = delete;

  /// Makes a part of it visible at an address that is reserved; false when the system refuses.
  [[nodiscard]] bool show(void* where, std::size_t bytes, std::size_t offset, int protection) const;
  /// What was shown is there no more; the addresses stay reserved.
  static void hide(void* where, std::size_t bytes);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] int descriptor() const { return file_ ? file_.descriptor() : store_descriptor_; }
  [[nodiscard]] std::uint64_t offset() const { return file_ ? 0 : store_offset_; }
  [[nodiscard]] const SharedMemory& file() const { return file_; }

 private:
  Physical() = default;

  int charged_ = kHost;
  std::size_t bytes_ = 0;
  bool in_store_ = false;
  int store_descriptor_ = -1;
  std::uint64_t store_offset_ = 0;
  SharedMemory file_;
};

/// Addresses that nobody may touch until something is shown there; null when there are none.
[[nodiscard]] std::byte* reserve_addresses(std::size_t bytes);
void release_addresses(std::byte* base, std::size_t bytes);

}  // namespace simcuda::memory

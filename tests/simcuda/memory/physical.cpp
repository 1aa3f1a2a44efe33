#include "memory/physical.hpp"

#include <sys/mman.h>

#include <utility>

#include "device/device.hpp"
#include "heap/store.hpp"

namespace simcuda::memory {
namespace {

Device& device_at(int ordinal) { return devices()[static_cast<std::size_t>(ordinal)]; }

}  // namespace

std::unique_ptr<Physical> Physical::take(const Request& request) {
  std::unique_ptr<Physical> physical(new Physical);
  physical->bytes_ = request.bytes;
  if (request.device != kHost && !request.shareable) {
    Store& store = store_of(request.device);
    auto offset = store.take(request.bytes);
    if (!offset) return nullptr;
    physical->in_store_ = true;
    physical->charged_ = request.device;
    physical->store_descriptor_ = store.fd();
    physical->store_offset_ = *offset;
    return physical;
  }
  if (request.device != kHost) {
    if (!take_physical(device_at(request.device), request.bytes)) return nullptr;
    physical->charged_ = request.device;
  }
  physical->file_ = SharedMemory::create(request.kind, request.bytes, request.payload, request.payload_bytes);
  if (!physical->file_) return nullptr;  // the destructor returns the charge
  return physical;
}

std::unique_ptr<Physical> Physical::import(SharedMemory file) {
  std::unique_ptr<Physical> physical(new Physical);
  physical->bytes_ = file.bytes();
  physical->file_ = std::move(file);
  return physical;
}

Physical::~Physical() {
  if (charged_ == kHost) return;
  if (in_store_) {
    store_of(charged_).give(store_offset_, bytes_);
  } else {
    return_physical(device_at(charged_), bytes_);
  }
}

bool Physical::show(void* where, std::size_t bytes, std::size_t offset, int protection) const {
  auto at = static_cast<off_t>(this->offset() + offset);
  return mmap(where, bytes, protection, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, descriptor(), at) !=
         MAP_FAILED;
}

void Physical::hide(void* where, std::size_t bytes) {
  // Not inaccessible: work that runs at this moment may still be writing there, and must not end the process.
  constexpr int kNowhere = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  mmap(where, bytes, PROT_READ | PROT_WRITE, kNowhere, -1, 0);
}

std::byte* reserve_addresses(std::size_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return base == MAP_FAILED ? nullptr : static_cast<std::byte*>(base);
}

void release_addresses(std::byte* base, std::size_t bytes) { munmap(base, bytes); }

}  // namespace simcuda::memory

#include "heap/store.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "base/log.hpp"
#include "device/device.hpp"
#include "heap/window.hpp"

namespace simcuda {
namespace {

// More file than memory: what is free is counted, never lost to holes between pieces.
uint64_t file_bytes(const Device& device) { return (device.memory + kChunk) / kChunk * kChunk * 4; }

}  // namespace

Store::Store(Device& device)
    : device_(device), fd_(memfd_create("simcuda device", MFD_CLOEXEC)), view_(nullptr), free_(0, 0, kChunk) {
  const uint64_t bytes = file_bytes(device);
  if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(bytes)) != 0) {
    complain("no memory for device %d", device.ordinal);
    return;
  }
  void* view = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_, 0);
  if (view == MAP_FAILED) {
    complain("no addresses for the %llu bytes of device %d", static_cast<unsigned long long>(bytes),
             device.ordinal);
    return;
  }
  madvise(view, bytes, MADV_DONTDUMP);
  view_ = static_cast<std::byte*>(view);
  free_ = Extents(0, bytes, kChunk);
}

std::optional<uint64_t> Store::take(uint64_t bytes) {
  if (bytes > device_.memory) return std::nullopt;
  bytes = free_.rounded(bytes);
  if (!take_physical(device_, bytes)) return std::nullopt;
  const auto offset = free_.take(bytes);
  if (!offset) return_physical(device_, bytes);
  return offset;
}

void Store::give(uint64_t offset, uint64_t bytes) {
  bytes = free_.rounded(bytes);
  fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
            static_cast<off_t>(bytes));
  free_.give(offset, bytes);
  return_physical(device_, bytes);
}

Store& store_of(int device) {
  static auto& all = *[] {
    auto* stores = new std::vector<Store*>;
    for (Device& one : devices()) stores->push_back(new Store(one));
    return stores;
  }();
  return *all[static_cast<size_t>(device)];
}

}  // namespace simcuda

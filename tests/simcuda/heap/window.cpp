#include "heap/window.hpp"

#include <sys/mman.h>

#include "base/log.hpp"

namespace simcuda {
namespace {

constexpr uint64_t kWanted = uint64_t{4} << 40;
constexpr uint64_t kLeast = uint64_t{16} << 30;

struct Reservation {
  uint64_t begin;
  uint64_t bytes;
};

// As much as the process is allowed to reserve.
Reservation reserve() {
  for (uint64_t bytes = kWanted; bytes >= kLeast; bytes /= 2) {
    void* place =
        mmap(nullptr, bytes + kChunk, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) continue;
    const auto address = reinterpret_cast<uint64_t>(place);
    return {(address + kChunk - 1) / kChunk * kChunk, bytes};
  }
  complain("no addresses for device memory: is the address space limited?");
  return {kChunk, 0};
}

}  // namespace

Window::Window() : begin_(0), bytes_(0), free_(0, 0, kChunk) {
  const Reservation reservation = reserve();
  begin_ = reservation.begin;
  bytes_ = reservation.bytes;
  free_ = Extents(begin_, bytes_, kChunk);
}

bool Window::open(uint64_t address, uint64_t bytes) {
  return mprotect(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE) == 0;
}

void Window::close(uint64_t address, uint64_t bytes) {
  void* place = reinterpret_cast<void*>(address);
  mmap(place, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

Window& window() {
  static auto& only = *new Window;
  return only;
}

}  // namespace simcuda

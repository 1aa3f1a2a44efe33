#include "memory/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <utility>

namespace simcuda::memory {
namespace {

constexpr std::uint64_t kMagic = 0x73696d637564616dULL;
constexpr std::size_t kPage = 4096;
static_assert(sizeof(Label) <= kPage);

std::size_t label_offset(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

/// Half random, half counted: neither two memories of one process nor those of two processes coincide.
std::uint64_t next_serial() {
  static std::uint64_t upper = std::uint64_t{std::random_device{}()} << 32;
  static std::uint32_t count = 0;
  return upper | ++count;
}

}  // namespace

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), label_(other.label_) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(label_, other.label_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (descriptor_ >= 0) close(descriptor_);
}

SharedMemory SharedMemory::create(Kind kind, std::size_t bytes, const void* payload,
                                  std::size_t payload_bytes) {
  SharedMemory memory;
  memory.label_ = {.magic = kMagic,
                   .serial = next_serial(),
                   .bytes = bytes,
                   .kind = static_cast<std::uint32_t>(kind),
                   .owner = getpid()};
  std::size_t carried = std::min(payload_bytes, sizeof memory.label_.payload);
  if (carried > 0) std::memcpy(memory.label_.payload, payload, carried);

  int descriptor = memfd_create("simcuda", MFD_CLOEXEC);
  if (descriptor < 0) return {};
  memory.descriptor_ = descriptor;
  auto offset = static_cast<off_t>(label_offset(bytes));
  if (ftruncate(descriptor, offset + static_cast<off_t>(kPage)) != 0) return {};
  if (pwrite(descriptor, &memory.label_, sizeof memory.label_, offset) != sizeof memory.label_) return {};
  return memory;
}

SharedMemory SharedMemory::adopt(int descriptor, Kind kind) {
  SharedMemory memory;
  memory.descriptor_ = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (memory.descriptor_ < 0 || !memory.read_label(kind)) return {};
  return memory;
}

SharedMemory SharedMemory::open_of_process(pid_t process, int descriptor, std::uint64_t serial, Kind kind) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/fd/%d", static_cast<int>(process), descriptor);
  SharedMemory memory;
  memory.descriptor_ = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);  // the number may name a pipe by now
  if (memory.descriptor_ < 0 || !memory.read_label(kind) || memory.label_.serial != serial) return {};
  return memory;
}

int SharedMemory::duplicate() const { return fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }

bool SharedMemory::read_label(Kind kind) {
  struct stat status = {};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  auto size = static_cast<std::size_t>(status.st_size);
  if (size < kPage) return false;
  auto offset = static_cast<off_t>(size - kPage);
  if (pread(descriptor_, &label_, sizeof label_, offset) != sizeof label_) return false;
  return label_.magic == kMagic && label_.kind == static_cast<std::uint32_t>(kind) &&
         label_offset(label_.bytes) + kPage == size;
}

}  // namespace simcuda::memory

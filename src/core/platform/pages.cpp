#include "core/platform/pages.hpp"

#include <sys/mman.h>

#include "core/platform/raw.hpp"

namespace weir::platform {

void* map_pages(std::size_t bytes) noexcept {
  return raw_mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void unmap(void* base, std::size_t bytes) noexcept { raw_munmap(base, bytes); }

void* map_wiped_on_fork(std::size_t bytes) noexcept {
  void* base = map_pages(bytes);
  if (base == nullptr) return nullptr;
  if (raw_madvise(base, bytes, MADV_WIPEONFORK) == 0) return base;
  raw_munmap(base, bytes);
  return nullptr;
}

}  // namespace weir::platform

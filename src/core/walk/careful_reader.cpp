#include "core/walk/careful_reader.hpp"

#include <fcntl.h>

namespace weir::walk {

void CarefulReader::begin() noexcept {
  if (words_.make(kWords)) file_ = platform::open_file("/proc/self/mem", O_RDONLY);
}

const std::uintptr_t* CarefulReader::read(std::uintptr_t at, std::size_t words) noexcept {
  const std::size_t bytes = words * sizeof(std::uintptr_t);
  read_ += bytes;
  const long got = platform::raw_syscall(SYS_pread64, file_.fd(), words_.data(), bytes, at);
  return got == static_cast<long>(bytes) ? words_.data() : nullptr;
}

}  // namespace weir::walk

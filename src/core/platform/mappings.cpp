#include "core/platform/mappings.hpp"

#include <errno.h>
#include <fcntl.h>

#include "core/platform/raw.hpp"

namespace weir::platform {

// 55b5058e8000-55b5058ea000 r--p 00000000 fe:00 247498                     /usr/bin/head

Mappings::Mappings() noexcept : file_{open_file("/proc/self/maps", O_RDONLY)} {}

int Mappings::next_char() noexcept {
  if (at_ == used_) {
    long n;
    do {
      n = raw_syscall(SYS_read, file_.fd(), read_, sizeof(read_));
    } while (n == -EINTR);
    if (n <= 0) return -1;
    at_ = 0;
    used_ = static_cast<std::size_t>(n);
  }
  return static_cast<unsigned char>(read_[at_++]);
}

std::uint64_t Mappings::number(unsigned base) noexcept {
  std::uint64_t value = 0;
  for (;;) {
    const int c = ended_by_ = next_char();
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                  : base;
    if (digit >= base) return value;
    value = value * base + digit;
  }
}

bool Mappings::next(Mapping& mapping, std::span<char> name) noexcept {
  mapping.begin = number(16);
  mapping.end = number(16);
  if (ended_by_ != ' ') return false;
  mapping.readable = next_char() == 'r';
  mapping.writable = next_char() == 'w';
  (void)next_char();  // may it be executed?
  mapping.shared = next_char() == 's';
  for (int c = 0; c != ' ' && c != -1;) c = next_char();
  mapping.offset = number(16);
  mapping.device = number(16) << 32;
  mapping.device |= number(16);
  mapping.inode = number(10);
  std::size_t bytes = 0;
  int c = ended_by_;
  while (c == ' ') c = next_char();
  for (; c != '\n' && c != -1; c = next_char())
    if (bytes + 1 < name.size()) name[bytes++] = static_cast<char>(c);
  name[bytes] = '\0';
  return true;
}

}  // namespace weir::platform

// Opening, and the file's header.
#include "tool/doctor/elf_facts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tool/doctor/elf_reader.hpp"

namespace weir::tool {
namespace {

bool begins_as_elf(std::string_view head) { return head.starts_with(std::string_view{ELFMAG, SELFMAG}); }

void read_all(Elf* elf, ElfDepth depth, ElfFacts& out) {
  GElf_Ehdr header{};
  out.reading = ElfFacts::Reading::Damaged;
  if (elf == nullptr || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == nullptr) return;
  out.bits = header.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
  out.machine = header.e_machine;
  out.type = header.e_type;
  std::size_t segments = 0;
  if (elf_getphdrnum(elf, &segments) != 0) return;
  if (segments == 0 && header.e_type != ET_REL) return;
  out.reading = ElfFacts::Reading::Done;
  read_segments(elf, out);
  read_sections(elf, depth, out);
}

}  // namespace

std::string text_at(std::string_view bytes, std::size_t at) {
  if (at >= bytes.size()) return {};
  const std::size_t end = bytes.find('\0', at);
  return end == std::string_view::npos ? std::string{} : std::string{bytes.substr(at, end - at)};
}

ElfFacts read_elf(const std::string& path, ElfDepth depth) {
  ElfFacts out;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    out.reading =
        errno == ENOENT || errno == ENOTDIR ? ElfFacts::Reading::Missing : ElfFacts::Reading::Unreadable;
    return out;
  }
  struct stat status {};
  char head[SELFMAG];
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    out.reading = ElfFacts::Reading::Unreadable;
  } else if (pread(fd, head, sizeof(head), 0) != static_cast<ssize_t>(sizeof(head)) ||
             !begins_as_elf({head, sizeof(head)})) {
    out.reading = ElfFacts::Reading::NotElf;
  } else {
    elf_version(EV_CURRENT);
    // Read, not mapped: the file may be cut meanwhile.
    Elf* elf = elf_begin(fd, ELF_C_READ, nullptr);
    read_all(elf, depth, out);
    elf_end(elf);
  }
  close(fd);
  return out;
}

ElfFacts read_elf(std::span<const std::byte> bytes, ElfDepth depth) {
  ElfFacts out;
  std::string copy{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  out.reading = ElfFacts::Reading::NotElf;
  if (!begins_as_elf(copy)) return out;
  elf_version(EV_CURRENT);
  Elf* elf = elf_memory(copy.data(), copy.size());
  read_all(elf, depth, out);
  elf_end(elf);
  return out;
}

}  // namespace weir::tool

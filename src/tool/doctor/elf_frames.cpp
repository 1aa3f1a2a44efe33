// How much of the code says where its frames are (.eh_frame), by asking at some places.
#include <elfutils/libdw.h>

#include <cstdlib>
#include <vector>

#include "tool/doctor/elf_reader.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kQuestions = 2000;
/// Start-up code of the C library has no call frame information: in less code than this it would count too much.
constexpr std::uint64_t kEnoughCode = 4096;

/// Starts of the functions that have a size; start-up code has none.
std::vector<std::uint64_t> functions(Elf* elf) {
  std::vector<std::uint64_t> out;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header{};
    const std::size_t each = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB ||
        header.sh_entsize != each || header.sh_size > kLargestPart)
      continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    for (std::size_t i = 0; data != nullptr && i != data->d_size / each; ++i) {
      GElf_Sym symbol{};
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF && symbol.st_size != 0)
        out.push_back(symbol.st_value);
    }
  }
  return out;
}

/// Places at equal distances in the largest section of code. Segments will not do: some linkers put data in there too.
std::vector<std::uint64_t> places(Elf* elf) {
  GElf_Shdr largest{};
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_PROGBITS &&
        (header.sh_flags & SHF_EXECINSTR) != 0 && header.sh_size > largest.sh_size)
      largest = header;
  }
  std::vector<std::uint64_t> out;
  if (largest.sh_size < kEnoughCode) return out;
  for (std::size_t k = 0; k != kQuestions; ++k)
    out.push_back(largest.sh_addr + largest.sh_size / kQuestions * k);
  return out;
}

bool is_covered(Dwarf_CFI* cfi, std::uint64_t address) {
  Dwarf_Frame* frame = nullptr;
  if (dwarf_cfi_addrframe(cfi, address, &frame) != 0) return false;
  std::free(frame);
  return true;
}

}  // namespace

std::optional<double> read_frame_cover(Elf* elf) {
  std::vector<std::uint64_t> asked = functions(elf);
  if (asked.empty()) asked = places(elf);
  if (asked.empty()) return std::nullopt;
  Dwarf_CFI* cfi = dwarf_getcfi_elf(elf);
  if (cfi == nullptr) return 0.0;
  const std::size_t step = (asked.size() + kQuestions - 1) / kQuestions;
  std::size_t questions = 0, covered = 0;
  for (std::size_t i = 0; i < asked.size(); i += step, ++questions)
    if (is_covered(cfi, asked[i])) ++covered;
  dwarf_cfi_end(cfi);
  return static_cast<double>(covered) / static_cast<double>(questions);
}

}  // namespace weir::tool

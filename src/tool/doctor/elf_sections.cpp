// Section headers: what debuggers and linkers go by. Running needs none of them.
#include <elfutils/libdwelf.h>

#include <fmt/format.h>

#include "tool/doctor/elf_reader.hpp"

namespace weir::tool {
namespace {

/// A message of the CUDA runtime since its first versions. In two parts, so that this file does not hold it itself.
const std::string& cuda_runtime_text() {
  static const std::string text =
      std::string{"CUDA driver version is insufficient"} + " for CUDA runtime version";
  return text;
}

void read_build_id(Elf* elf, ElfFacts& out) {
  const void* id = nullptr;
  const ssize_t bytes = dwelf_elf_gnu_build_id(elf, &id);
  constexpr ssize_t kLongest = 64;
  for (ssize_t i = 0; i < bytes && i != kLongest; ++i)
    out.build_id += fmt::format("{:02x}", static_cast<const unsigned char*>(id)[i]);
}

void read_one(Elf* elf, Elf_Scn* section, std::string_view name, ElfDepth depth, ElfFacts& out) {
  GElf_Shdr header{};
  if (gelf_getshdr(section, &header) == nullptr) return;
  if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB) read_symbols(elf, section, header, out);
  if (header.sh_type == SHT_GNU_verneed || header.sh_type == SHT_GNU_verdef)
    read_versions(elf, section, header, out);
  if ((header.sh_type == SHT_SYMTAB || name == ".gnu_debugdata") && header.sh_size != 0)
    out.has_symbol_table = true;
  if ((name == ".debug_line" || name == ".zdebug_line") && header.sh_type != SHT_NOBITS)
    out.has_line_numbers = true;
  if (name == ".go.buildinfo" || name == ".note.go.buildid") out.has_go_build_info = true;
  if (name == ".gnu_debuglink") out.debug_link = text_at(section_bytes(section), 0);
  if (name == ".rodata" && depth == ElfDepth::Full)
    out.has_cuda_runtime_text = section_bytes(section).find(cuda_runtime_text()) != std::string_view::npos;
  if (name == ".nv_fatbin") out.contained.add(Mark::CudaKernels);
}

}  // namespace

std::string_view section_bytes(Elf_Scn* section) {
  GElf_Shdr header{};
  if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS ||
      header.sh_size > kLargestPart)
    return {};
  const Elf_Data* data = elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

void read_sections(Elf* elf, ElfDepth depth, ElfFacts& out) {
  read_build_id(elf, out);
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) names = 0;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = names == 0 ? nullptr : elf_strptr(elf, names, header.sh_name);
    read_one(elf, section, name == nullptr ? "" : name, depth, out);
  }
  if (depth == ElfDepth::Full) out.frame_cover = read_frame_cover(elf);
}

}  // namespace weir::tool

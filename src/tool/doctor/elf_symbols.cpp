// Symbols that are marks, and the versions of symbols.
#include "tool/doctor/elf_reader.hpp"

namespace weir::tool {
namespace {

bool is_visible(const GElf_Sym& symbol) {
  const int binding = GELF_ST_BIND(symbol.st_info), visibility = GELF_ST_VISIBILITY(symbol.st_other);
  return binding != STB_LOCAL && (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

/// A chain of records, each saying how far the next is, ends when it says 0 or leaves the section. A file may say 1 for
/// ever: no honest one has more versions.
constexpr int kMostVersions = 4096;

void read_needed_versions(Elf* elf, Elf_Data* data, std::size_t names, ElfFacts& out) {
  GElf_Verneed file{};
  std::size_t at = 0;
  for (int i = 0; i != kMostVersions && gelf_getverneed(data, static_cast<int>(at), &file) != nullptr; ++i) {
    const char* file_name = elf_strptr(elf, names, file.vn_file);
    const bool is_libc = file_name != nullptr && std::string_view{file_name} == "libc.so.6";
    GElf_Vernaux version{};
    std::size_t version_at = at + file.vn_aux;
    for (int k = 0; is_libc && k != kMostVersions && version_at < data->d_size &&
                    gelf_getvernaux(data, static_cast<int>(version_at), &version) != nullptr;
         ++k) {
      if (const char* name = elf_strptr(elf, names, version.vna_name))
        out.libc_versions_needed.emplace_back(name);
      if (version.vna_next == 0) break;
      version_at += version.vna_next;
    }
    at += file.vn_next;
    if (file.vn_next == 0 || at >= data->d_size) break;
  }
}

void read_defined_versions(Elf* elf, Elf_Data* data, std::size_t names, ElfFacts& out) {
  GElf_Verdef version{};
  std::size_t at = 0;
  for (int i = 0; i != kMostVersions && gelf_getverdef(data, static_cast<int>(at), &version) != nullptr;
       ++i) {
    GElf_Verdaux name{};
    const std::size_t name_at = at + version.vd_aux;
    if (name_at < data->d_size && gelf_getverdaux(data, static_cast<int>(name_at), &name) != nullptr)
      if (const char* text = elf_strptr(elf, names, name.vda_name)) out.versions_defined.emplace_back(text);
    at += version.vd_next;
    if (version.vd_next == 0 || at >= data->d_size) break;
  }
}

}  // namespace

void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& out) {
  const bool is_dynamic = header.sh_type == SHT_DYNSYM;
  const std::size_t each = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
  if (header.sh_size > kLargestPart || header.sh_entsize != each) return;
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr) return;
  for (std::size_t i = 0; i != data->d_size / each; ++i) {
    GElf_Sym symbol{};
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    const auto mark = name == nullptr ? std::nullopt : mark_of(name);
    if (!mark) continue;
    if (symbol.st_shndx == SHN_UNDEF)
      out.imported.add(*mark);
    else
      (is_dynamic && is_visible(symbol) ? out.exported : out.contained).add(*mark);
  }
}

void read_versions(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& out) {
  if (header.sh_size > kLargestPart) return;
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr) return;
  if (header.sh_type == SHT_GNU_verneed)
    read_needed_versions(elf, data, header.sh_link, out);
  else
    read_defined_versions(elf, data, header.sh_link, out);
}

}  // namespace weir::tool

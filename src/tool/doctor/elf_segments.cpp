// Program headers and the dynamic segment: what the kernel and the loader go by.
#include <algorithm>
#include <optional>

#include "tool/doctor/elf_reader.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kMostNeeded = 10'000;

std::string_view chunk(Elf* elf, std::uint64_t offset, std::uint64_t bytes) {
  if (bytes > kLargestPart || offset > INT64_MAX) return {};
  // It compares both with the size of the file.
  const Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(offset), bytes, ELF_T_BYTE);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

/// The bytes that the loader would find at an address, up to `most`.
std::string_view bytes_at(Elf* elf, std::uint64_t address, std::uint64_t most) {
  std::size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (std::size_t i = 0; i != count; ++i) {
    GElf_Phdr segment{};
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr ||
        address - segment.p_vaddr >= segment.p_filesz)
      continue;
    const std::uint64_t inside = address - segment.p_vaddr;
    return chunk(elf, segment.p_offset + inside, std::min(most, segment.p_filesz - inside));
  }
  return {};
}

struct Names {
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> name, rpath, runpath;
  std::uint64_t table = 0, bytes = 0;
};

void read_dynamic(Elf* elf, const GElf_Phdr& segment, ElfFacts& out) {
  const std::size_t each = gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);
  const std::uint64_t bytes = std::min<std::uint64_t>(segment.p_filesz, 1U << 20) / each * each;
  Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(segment.p_offset), bytes, ELF_T_DYN);
  if (data == nullptr) return;
  out.is_dynamic = true;
  Names names;
  for (std::size_t i = 0; i != data->d_size / each; ++i) {
    GElf_Dyn entry{};
    if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL) break;
    switch (entry.d_tag) {
      case DT_NEEDED:
        if (names.needed.size() < kMostNeeded) names.needed.push_back(entry.d_un.d_val);
        break;
      case DT_SONAME: names.name = entry.d_un.d_val; break;
      case DT_RPATH: names.rpath = entry.d_un.d_val; break;
      case DT_RUNPATH: names.runpath = entry.d_un.d_val; break;
      case DT_STRTAB: names.table = entry.d_un.d_ptr; break;
      case DT_STRSZ: names.bytes = entry.d_un.d_val; break;
      case DT_FLAGS_1:
        out.is_pie = (entry.d_un.d_val & DF_1_PIE) != 0;
        out.no_default_folders = (entry.d_un.d_val & DF_1_NODEFLIB) != 0;
        break;
      default: break;
    }
  }
  const std::string_view table = bytes_at(elf, names.table, names.bytes);
  for (const std::uint64_t at : names.needed)
    if (std::string name = text_at(table, at); !name.empty() && name.size() < kLongestName)
      out.needed.push_back(std::move(name));
  if (names.name) out.name = text_at(table, *names.name);
  if (names.rpath) out.rpath = text_at(table, *names.rpath);
  if (names.runpath) out.runpath = text_at(table, *names.runpath);
}

}  // namespace

void read_segments(Elf* elf, ElfFacts& out) {
  std::size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (std::size_t i = 0; i != count; ++i) {
    GElf_Phdr segment{};
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type == PT_INTERP) {
      const std::string_view bytes =
          chunk(elf, segment.p_offset, std::min<std::uint64_t>(segment.p_filesz, kLongestName));
      out.interpreter = text_at(bytes, 0);
    }
    if (segment.p_type == PT_DYNAMIC && !out.is_dynamic) read_dynamic(elf, segment, out);
    if (segment.p_type == PT_GNU_EH_FRAME) out.has_frame_table = true;
  }
}

}  // namespace weir::tool

// What one ELF file says of itself. Nothing in it is trusted: a file that lies or is cut yields fewer facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tool/doctor/marks.hpp"

namespace weir::tool {

struct ElfFacts {
  enum class Reading { Missing, Unreadable, NotElf, Damaged, Done };
  Reading reading = Reading::Missing;

  // The kernel's and the loader's view: headers and the dynamic segment.
  int bits = 0;
  std::uint16_t machine = 0, type = 0;
  std::optional<std::string> interpreter;
  bool is_dynamic = false, is_pie = false, no_default_folders = false;
  std::string name, rpath, runpath;
  std::vector<std::string> needed;

  // Sections and symbols; a file may be without them and run all the same.
  Marks exported, imported, contained;
  bool has_symbol_table = false, has_line_numbers = false, has_go_build_info = false;
  bool has_frame_table = false;  ///< .eh_frame_hdr, as a segment
  bool has_cuda_runtime_text = false;
  std::optional<double>
      frame_cover;  ///< share of the code that call frame information covers; only when asked for
  std::string build_id, debug_link;
  std::vector<std::string> libc_versions_needed, versions_defined;

  [[nodiscard]] bool is_elf() const { return reading == Reading::Done; }
  [[nodiscard]] bool shows(Mark mark) const {
    return exported.has(mark) || imported.has(mark) || contained.has(mark);
  }
};

/// Brief leaves out what is costly in large files: frame_cover and has_cuda_runtime_text.
enum class ElfDepth { Brief, Full };
[[nodiscard]] ElfFacts read_elf(const std::string& path, ElfDepth depth);
[[nodiscard]] ElfFacts read_elf(std::span<const std::byte> bytes, ElfDepth depth);

}  // namespace weir::tool

// The parts of reading an ELF file, over libelf. Each takes what it can find and bounds what it looks at.
#pragma once

#include <gelf.h>

#include <string>
#include <string_view>

#include "tool/doctor/elf_facts.hpp"

namespace weir::tool {

/// No part of a file that is looked at as a whole is larger.
inline constexpr std::size_t kLargestPart = std::size_t{1} << 30;

/// The text in `bytes` from `at` to the next zero; empty where there is none.
[[nodiscard]] std::string text_at(std::string_view bytes, std::size_t at);
/// The section's bytes as they are in the file; empty when they cannot be had.
[[nodiscard]] std::string_view section_bytes(Elf_Scn* section);

void read_segments(Elf* elf, ElfFacts& out);
void read_sections(Elf* elf, ElfDepth depth, ElfFacts& out);
void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& out);
void read_versions(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& out);
[[nodiscard]] std::optional<double> read_frame_cover(Elf* elf);

}  // namespace weir::tool

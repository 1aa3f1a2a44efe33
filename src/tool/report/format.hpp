// What a format is: sections in, bytes out.
#pragma once

#include <iosfwd>
#include <string_view>
#include <vector>

#include "tool/report/context.hpp"

namespace weir::tool {

struct NamedSection {
  std::string_view name;
  Section section;
};

/// One object: the schema's name, then each section's data.
void write_json(std::string_view schema, const std::vector<NamedSection>& sections, std::ostream& out);

#define FORMAT(name)                                                                          \
  void format_##name(const std::vector<NamedSection>& sections, const ReportOptions& options, \
                     std::ostream& out);
#include "tool/report/formats.inc"
#undef FORMAT

/// In the format that the options name.
void write_sections(const std::vector<NamedSection>& sections, const ReportOptions& options,
                    std::ostream& out);

}  // namespace weir::tool

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

#define FORMAT(name)                                                                          \
  void format_##name(const std::vector<NamedSection>& sections, const ReportOptions& options, \
                     std::ostream& out);
#include "tool/report/formats.inc"
#undef FORMAT

}  // namespace weir::tool

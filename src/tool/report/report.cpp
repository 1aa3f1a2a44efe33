// Which sections, and in which format.
#include "tool/report/report.hpp"

#include <algorithm>
#include <ostream>

#include "tool/report/format.hpp"

namespace weir::tool {
namespace {

struct SectionRow {
  std::string_view name;
  Section (*make)(const Context& context);
};
constexpr SectionRow kSections[] = {
#define SECTION(name) {#name, &section_##name},
#include "tool/report/sections.inc"
#undef SECTION
};

struct FormatRow {
  std::string_view name;
  void (*write)(const std::vector<NamedSection>& sections, const ReportOptions& options, std::ostream& out);
};
constexpr FormatRow kFormats[] = {
#define FORMAT(name) {#name, &format_##name},
#include "tool/report/formats.inc"
#undef FORMAT
};

template <class Rows>
std::vector<std::string_view> names(const Rows& rows) {
  std::vector<std::string_view> out;
  for (const auto& row : rows) out.push_back(row.name);
  return out;
}

}  // namespace

std::vector<std::string_view> section_names() { return names(kSections); }
std::vector<std::string_view> format_names() { return names(kFormats); }

void write_report(const Profile& profile, const ReportOptions& options, std::ostream& out) {
  const Context context = make_context(profile, options, reported_sites(profile));
  std::vector<NamedSection> sections;
  for (const SectionRow& row : kSections)
    if (options.only.empty() || options.only == row.name) sections.push_back({row.name, row.make(context)});
  write_sections(sections, options, out);
}

void write_sections(const std::vector<NamedSection>& sections, const ReportOptions& options,
                    std::ostream& out) {
  const auto format = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const FormatRow& row) { return row.name == options.format; });
  format->write(sections, options, out);
}

}  // namespace weir::tool

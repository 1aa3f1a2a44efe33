// The report for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "tool/report/format.hpp"
#include "tool/report/layout.hpp"

namespace weir::tool {
namespace {

class Terminal {
 public:
  Terminal(const ReportOptions& options, std::ostream& out) : options_{options}, out_{out} {}

  void title(const std::string& text, bool first) {
    if (!first) out_ << '\n';
    const std::string shown = shorten(text, options_.width);
    out_ << shown << '\n'
         << repeat(options_.unicode ? "─" : "-", first ? options_.width : columns(shown)) << '\n';
  }

  void operator()(const Paragraph& paragraph) const {
    for (const std::string& line : wrap(paragraph.text, options_.width)) out_ << line << '\n';
  }

  void operator()(const Table& table) const {
    for (const std::string& line : lay_out(table, options_.width)) out_ << line << '\n';
  }

  void operator()(const StackText& stack) const {
    out_ << '\n' << shorten(stack.head, options_.width) << '\n';
    std::size_t widest = 0;
    for (const auto& line : stack.lines)
      if (!line.place.empty()) widest = std::max(widest, std::min(columns(line.function), kNames));
    for (const auto& line : stack.lines) {
      const std::string function = shorten(line.function, 2 * options_.width);
      const bool fits =
          columns(function) <= widest && kIndent + widest + 2 + columns(line.place) <= options_.width;
      out_ << repeat(" ", kIndent) << function;
      if (line.place.empty())
        out_ << '\n';
      else if (fits)
        out_ << repeat(" ", widest - columns(function) + 2) << line.place << '\n';
      else
        out_ << '\n' << repeat(" ", kIndent + 4) << line.place << '\n';
    }
  }

  void operator()(const Chart& chart) const {
    constexpr const char* kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr const char* kAscii[] = {" ", ".", ".", ":", "-", "=", "+", "*", "#"};
    const double highest = std::max(1.0, *std::max_element(chart.values.begin(), chart.values.end()));
    out_ << fmt::format("  {:<9} ", chart.label);
    for (const double value : chart.values) {
      const auto level =
          static_cast<std::size_t>(std::min(8.0, value / highest * 8 + (value > 0 ? 0.999 : 0)));
      out_ << (options_.unicode ? kBlocks[level] : kAscii[level]);
    }
    out_ << "  " << chart.note << '\n';
  }

 private:
  static constexpr std::size_t kIndent = 4;
  static constexpr std::size_t kNames = 48;  ///< room for functions beside their places

  const ReportOptions& options_;
  std::ostream& out_;
};

}  // namespace

void format_text(const std::vector<NamedSection>& sections, const ReportOptions& options, std::ostream& out) {
  Terminal terminal{options, out};
  bool first = true;
  const auto is_text = [](const Block* block) {
    return block == nullptr || std::holds_alternative<Paragraph>(*block);
  };
  for (const NamedSection& each : sections) {
    if (each.section.title.empty() && sections.size() > 1) continue;
    terminal.title(each.section.title.empty() ? fmt::format("No {}", each.name) : each.section.title, first);
    first = false;
    const Block* before = nullptr;
    for (const Block& block : each.section.blocks) {
      if (is_text(&block) && !is_text(before) && !std::holds_alternative<Chart>(*before)) out << '\n';
      std::visit(terminal, block);
      before = &block;
    }
  }
}

}  // namespace weir::tool

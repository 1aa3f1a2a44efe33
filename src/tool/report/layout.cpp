// Wrapping, cutting and aligning.
#include "tool/report/layout.hpp"

#include <algorithm>

namespace weir::tool {
namespace {

constexpr bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Where the text's character number `n` begins.
std::size_t byte_of(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!continues(text[at]) && n-- == 0) break;
    ++at;
  }
  return at;
}

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  ///< a column of names is not made narrower

void fit(const Table& table, std::vector<std::size_t>& widths, std::size_t width) {
  std::size_t sum = 0;
  for (const std::size_t each : widths) sum += each + kGap;
  while (sum > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i != widths.size(); ++i)
      if (table.columns[i].align == Table::Column::Align::Left && widths[i] > kNarrowest &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size()) return;
    --widths[widest];
    --sum;
  }
}

}  // namespace

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i != times; ++i) out += text;
  return out;
}

std::string shorten(std::string_view text, std::size_t width) {
  const std::size_t whole = columns(text);
  if (whole <= width) return std::string{text};
  if (width <= 3) return std::string{text.substr(0, byte_of(text, width))};
  const std::size_t head = (width - 3) * 2 / 3, tail = width - 3 - head;
  return std::string{text.substr(0, byte_of(text, head))} + "..." +
         std::string{text.substr(byte_of(text, whole - tail))};
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> out{""};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!out.back().empty() && columns(out.back()) + 1 + columns(word) > width) out.emplace_back();
    if (!out.back().empty()) out.back() += ' ';
    out.back() += word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::vector<std::string> lay_out(const Table& table, std::size_t width) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(columns(column.title));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i != row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  fit(table, widths, width);
  std::vector<std::string> out;
  const auto add = [&](auto&& cell_of) {
    std::string line;
    for (std::size_t i = 0; i != widths.size(); ++i) {
      const std::string cell = shorten(cell_of(i), widths[i]);
      const std::string pad = repeat(" ", widths[i] - columns(cell));
      line += repeat(" ", kGap) +
              (table.columns[i].align == Table::Column::Align::Left ? cell + pad : pad + cell);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(std::move(line));
  };
  add([&](std::size_t i) { return table.columns[i].title; });
  for (const auto& row : table.rows) add([&](std::size_t i) { return row[i]; });
  return out;
}

}  // namespace weir::tool

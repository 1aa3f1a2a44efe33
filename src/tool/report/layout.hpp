// Text in columns. Widths are counted in characters of UTF-8, each one column wide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tool/report/document.hpp"

namespace weir::tool {

[[nodiscard]] std::size_t columns(std::string_view text);
[[nodiscard]] std::string repeat(std::string_view text, std::size_t times);
/// At most `width` columns: what is too long loses its middle.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at blanks; a longer word has a line of its own.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);
/// The lines of a table. Where it is too wide the left-aligned columns give way.
[[nodiscard]] std::vector<std::string> lay_out(const Table& table, std::size_t width);

}  // namespace weir::tool

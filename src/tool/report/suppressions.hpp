// Which leaks are nobody's fault: what the C and C++ runtimes keep on purpose, and what the user says.
#pragma once

#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tool/report/report.hpp"

namespace weir::tool {

/// LeakSanitizer's patterns: '*' stands for anything, '^' and '$' anchor, otherwise anywhere in the text.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

/// A suppression file's lines; `name` is the file's, for what is said of a bad line. Throws Error.
[[nodiscard]] std::vector<Suppression> read_suppressions(std::istream& in, const std::string& name);

/// What the built-in table holds against a leak with this stack, or nothing.
[[nodiscard]] std::optional<std::string> builtin_rule(std::span<const Frame> frames);

/// The user's rules, against any frame of the stack.
[[nodiscard]] std::optional<std::string> user_rule(std::span<const Suppression> rules,
                                                   std::span<const Frame> frames);

}  // namespace weir::tool

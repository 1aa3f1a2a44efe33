// Patterns, and the user's suppression files.
#include "tool/report/suppressions.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace weir::tool {
namespace {

/// '*' only, both ends anchored. Greedy with one point of return, so never worse than quadratic.
bool glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, back = 0;
  while (t != text.size()) {
    if (p != pattern.size() && pattern[p] == '*') {
      star = p++;
      back = t;
    } else if (p != pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++back;
    } else {
      return false;
    }
  }
  while (p != pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  std::string anchored;
  if (pattern.starts_with('^'))
    pattern.remove_prefix(1);
  else
    anchored += '*';
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  anchored += pattern;
  if (!to_end) anchored += '*';
  return glob(anchored, text);
}

std::optional<std::string> user_rule(std::span<const Suppression> rules, std::span<const Frame> frames) {
  for (const Suppression& rule : rules) {
    const auto hit = [&](const std::optional<std::string>& text) {
      return text && matches(rule.pattern, *text);
    };
    for (const Frame& frame : frames)
      if (hit(frame.function) || hit(frame.file) || hit(frame.module)) return rule.rule;
  }
  return std::nullopt;
}

std::vector<Suppression> read_suppressions(std::istream& in, const std::string& name) {
  std::vector<Suppression> out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.starts_with('#')) continue;
    constexpr std::string_view kKind = "leak:";
    if (!text.starts_with(kKind) || text.size() == kKind.size())
      throw Error{fmt::format("{}, line {}: expected leak:PATTERN", name, number)};
    out.push_back({std::string{text.substr(kKind.size())}, std::string{text}});
  }
  if (in.bad()) throw Error{fmt::format("cannot read {}: {}", name, std::strerror(errno))};
  return out;
}

std::vector<Suppression> load_suppressions(const std::string& path) {
  if (std::filesystem::is_directory(path))
    throw Error{fmt::format("{} is a directory, not a suppression file", path)};
  std::ifstream in{path};
  if (!in) throw Error{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  return read_suppressions(in, path);
}

}  // namespace weir::tool

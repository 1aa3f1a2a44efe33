// Any bytes as a suppression file and a text to match: rules or one line about the bad one, and what a pattern matches is
// what a matcher that tries everything finds.
//
//   input:  text │ 0 │ suppression file
#include <cstdlib>
#include <sstream>
#include <string>

#include "fuzz/fuzz.hpp"
#include "tool/report/suppressions.hpp"

using namespace weir;

namespace {

/// The same question, asked row by row of a table: can the first p of the pattern stand for the first t of the text?
bool slowly(std::string_view pattern, std::string_view text) {
  std::vector<bool> row(text.size() + 1), next(text.size() + 1);
  row[0] = true;
  for (const char c : pattern) {
    next[0] = c == '*' && row[0];
    for (std::size_t t = 0; t != text.size(); ++t)
      next[t + 1] = c == '*' ? row[t + 1] || next[t] : row[t] && c == text[t];
    row.swap(next);
  }
  return row[text.size()];
}

void check(const std::string& pattern, std::string_view text) {
  std::string_view rest = pattern;
  const bool from_begin = rest.starts_with('^');
  if (from_begin) rest.remove_prefix(1);
  const bool to_end = rest.ends_with('$');
  if (to_end) rest.remove_suffix(1);
  const std::string anchored = (from_begin ? "" : "*") + std::string{rest} + (to_end ? "" : "*");
  if (tool::matches(pattern, text) != slowly(anchored, text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size < 4096 ? size : 4096};
  const std::size_t split = input.find('\0');
  const std::string_view text = input.substr(0, split);
  std::istringstream file{std::string{split == std::string_view::npos ? input : input.substr(split + 1)}};
  try {
    for (const tool::Suppression& rule : tool::read_suppressions(file, "fuzz")) {
      if (rule.pattern.empty() || rule.rule.find('\n') != std::string::npos) std::abort();
      check(rule.pattern, text);
    }
  } catch (const tool::Error& error) {
    if (!std::string_view{error.what()}.starts_with("fuzz, line ")) std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> out;
  for (const std::string_view seed : {std::string_view{"Cache::grow()\0leak:grow\n# all of it\nleak:^Cache::*()$\n", 48},
                                      std::string_view{"libfoo.so\0leak:lib*.so\r\n  leak: a b \nleak:**o*\n", 50},
                                      std::string_view{"x\0leak:^$\nleak:$\nleak:*\nrace:x\n", 34}})
    out.emplace_back(seed.begin(), seed.end());
  return out;
}

// The arguments of env(1), and lists of NAME=VALUE.
#include <algorithm>

#include "tool/doctor/command.hpp"

namespace weir::tool {
namespace {

/// -S: words parted by blanks; quotes keep them together.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    const bool blank = quote == 0 && (c == ' ' || c == '\t');
    if (blank) {
      inside = false;
      continue;
    }
    if (!inside) out.emplace_back();
    inside = true;
    if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (c == quote)
      quote = 0;
    else
      out.back() += c == '\\' && i + 1 != text.size() ? text[++i] : c;
  }
  return out;
}

bool takes_word(char option) { return option == 'u' || option == 'C' || option == 'S'; }

}  // namespace

EnvWords env_words(std::vector<std::string> arguments) {
  EnvWords out;
  std::size_t at = 0;
  const auto use = [&](char option, const std::string& value) {
    if (option == 'u') out.removed.push_back(value);
    if (option != 'S') return;
    const std::vector<std::string> words = split(value);
    arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(at), words.begin(), words.end());
  };
  while (at != arguments.size() && arguments[at].starts_with('-') && arguments[at] != "--") {
    const std::string word = arguments[at++];
    if (word == "-" || word == "--ignore-environment") out.clears = true;
    if (word.starts_with("--unset=")) use('u', word.substr(8));
    if (word.starts_with("--split-string=")) use('S', word.substr(15));
    if (word.starts_with("--")) continue;
    for (std::size_t i = 1; i < word.size(); ++i) {
      if (word[i] == 'i') out.clears = true;
      if (!takes_word(word[i])) continue;
      std::string value = word.substr(i + 1);
      if (value.empty() && at != arguments.size()) value = arguments[at++];
      use(word[i], value);
      break;
    }
  }
  if (at != arguments.size() && arguments[at] == "--") ++at;
  while (at != arguments.size() && arguments[at].find('=') != std::string::npos)
    out.settings.push_back(arguments[at++]);
  out.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
  return out;
}

std::optional<std::string> variable(const std::vector<std::string>& environment, std::string_view name) {
  const auto found = std::find_if(environment.rbegin(), environment.rend(), [&](const std::string& entry) {
    return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
  });
  if (found == environment.rend()) return std::nullopt;
  return found->substr(name.size() + 1);
}

}  // namespace weir::tool

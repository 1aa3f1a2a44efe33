#include "module/ptx.hpp"

#include <cctype>
#include <cstdlib>
#include <cstring>

namespace simcuda::module {
namespace {

using Tokens = std::vector<std::string_view>;

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '$' || c == '%';
}

// Words and single punctuation characters; comments and strings are left out.
Tokens split(std::string_view text) {
  Tokens tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at + 1;
    if (text.substr(at, 2) == "//") {
      end = text.find('\n', at);
    } else if (text.substr(at, 2) == "/*") {
      end = text.find("*/", at + 2);
      if (end != text.npos) end += 2;
    } else if (c == '"') {
      end = text.find('"', at + 1);
      if (end != text.npos) ++end;
    } else if (in_word(c)) {
      while (end < text.size() && in_word(text[end])) ++end;
      tokens.push_back(text.substr(at, end - at));
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      tokens.push_back(text.substr(at, 1));
    }
    at = end == text.npos ? text.size() : end;
  }
  return tokens;
}

std::size_t number(std::string_view word) { return std::strtoull(std::string(word).c_str(), nullptr, 0); }

// Bytes of a type directive; 0: not one.
std::size_t type_bytes(std::string_view word) {
  for (const auto& [name, bytes] : {std::pair<std::string_view, std::size_t>{".pred", 1},
                                    {".f16x2", 4},
                                    {".bf16x2", 4},
                                    {".bf16", 2},
                                    {".tf32", 4},
                                    {".texref", 8},
                                    {".samplerref", 8},
                                    {".surfref", 8}})
    if (word == name) return bytes;
  if (word.size() < 3 || word[0] != '.' || std::string_view("busf").find(word[1]) == word.npos) return 0;
  for (const char c : word.substr(2))
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return 0;
  return number(word.substr(2)) / 8;
}

struct Declaration {
  std::string name;
  std::size_t element = 0, count = 1, align = 0, vector = 1;
  bool managed = false;
  std::size_t next = 0;  // token after it
  std::size_t bytes() const { return element * vector * count; }
};

// One declared thing: directives, a name, and dimensions in brackets. Ends before '=', ',', ';' or ')'.
Declaration declaration(const Tokens& tokens, std::size_t at) {
  Declaration found;
  for (; at < tokens.size(); ++at) {
    const std::string_view word = tokens[at];
    if (word == "=" || word == "," || word == ";" || word == ")") break;
    if (word == ".align" && at + 1 < tokens.size()) {
      found.align = number(tokens[++at]);
    } else if (word == ".v2" || word == ".v4") {
      found.vector = word == ".v2" ? 2 : 4;
    } else if (word == ".managed") {
      found.managed = true;
    } else if (word == ".attribute" || word == ".ptr") {
      // What belongs to it follows: words in parentheses, or the space and alignment of the pointee.
      if (word == ".ptr")
        while (at + 1 < tokens.size() && tokens[at + 1][0] == '.') at += tokens[at + 1] == ".align" ? 2 : 1;
      for (; word == ".attribute" && at + 1 < tokens.size() && tokens[at] != ")"; ++at)
        found.managed |= tokens[at] == ".managed";
    } else if (const std::size_t bytes = type_bytes(word)) {
      found.element = bytes;
    } else if (word == "[") {
      std::size_t length = 0;
      while (at + 1 < tokens.size() && tokens[at] != "]")
        length = number(tokens[++at] == "]" ? "0" : tokens[at]) + length;
      found.count *= length;
    } else if (word[0] != '.') {
      found.name = word;
    }
  }
  found.next = at;
  return found;
}

std::vector<Parameter> parameters(const Tokens& tokens, std::size_t at) {
  std::vector<Parameter> result;
  std::size_t end = 0;
  while (at < tokens.size() && tokens[at] == ".param") {
    const Declaration one = declaration(tokens, at);
    const std::size_t align = one.align != 0 ? one.align : one.element * one.vector;
    const std::size_t offset = align == 0 ? end : (end + align - 1) / align * align;
    result.push_back({offset, one.bytes()});
    end = offset + one.bytes();
    at = one.next + (one.next < tokens.size() && tokens[one.next] == "," ? 1 : 0);
  }
  return result;
}

// The bits of one number: 0f and 0d are written as the bits they are.
std::uint64_t bits(std::string_view word, bool negative) {
  if (word.size() > 2 && word[0] == '0' &&
      (word[1] == 'f' || word[1] == 'F' || word[1] == 'd' || word[1] == 'D'))
    return std::strtoull(std::string(word.substr(2)).c_str(), nullptr, 16);
  const std::uint64_t value = number(word);
  return negative ? 0 - value : value;
}

std::vector<std::byte> initial_value(const Tokens& tokens, std::size_t at, const Declaration& variable) {
  std::vector<std::byte> bytes(variable.bytes());
  bool negative = false;
  for (std::size_t place = 0; at < tokens.size() && tokens[at] != ";"; ++at) {
    if (tokens[at] == "-") negative = true;
    if (in_word(tokens[at][0]) && place + variable.element <= bytes.size()) {
      const std::uint64_t value = bits(tokens[at], negative);
      std::memcpy(&bytes[place], &value, std::min(variable.element, sizeof value));
      place += variable.element;
      negative = false;
    }
  }
  return bytes;
}

std::size_t after_body(const Tokens& tokens, std::size_t at) {
  for (int depth = 0; at < tokens.size(); ++at) {
    if (tokens[at] == "{") ++depth;
    if (tokens[at] == "}" && --depth == 0) return at + 1;
    if (tokens[at] == ";" && depth == 0) return at + 1;
  }
  return at;
}

}  // namespace

Ptx parse_ptx(std::string_view text) {
  const Tokens tokens = split(text);
  Ptx result;
  bool external = false;
  for (std::size_t at = 0; at < tokens.size();) {
    const std::string_view word = tokens[at];
    if (word == ".extern") {
      external = true;
      ++at;
    } else if (word == ".entry" && at + 1 < tokens.size()) {
      Entry entry{std::string(tokens[at + 1]), {}};
      if (at + 2 < tokens.size() && tokens[at + 2] == "(") entry.parameters = parameters(tokens, at + 3);
      if (!external) result.entries.push_back(std::move(entry));
      external = false;
      at = after_body(tokens, at);
    } else if (word == ".func") {
      external = false;
      at = after_body(tokens, at);
    } else if (word == ".global" || word == ".const") {
      const Declaration one = declaration(tokens, at + 1);
      Variable variable{one.name, one.bytes(), one.managed, word == ".const", {}};
      if (one.next < tokens.size() && tokens[one.next] == "=")
        variable.initial = initial_value(tokens, one.next + 1, one);
      if (!external) result.variables.push_back(std::move(variable));
      external = false;
      at = one.next;
      while (at < tokens.size() && tokens[at] != ";") ++at;
    } else {
      ++at;
    }
  }
  return result;
}

}  // namespace simcuda::module

#include "base/environment.hpp"

#include <cstdlib>

namespace simcuda {

const char* environment(const char* name) { return secure_getenv(name); }

size_t bytes_of(const char* text, size_t fallback) {
  if (text == nullptr) return fallback;
  char* end = nullptr;
  const unsigned long long number = std::strtoull(text, &end, 0);
  if (end == text) return fallback;
  switch (*end) {
    case 0: return number;
    case 'K':
    case 'k': return number << 10;
    case 'M':
    case 'm': return number << 20;
    case 'G':
    case 'g': return number << 30;
    case 'T':
    case 't': return number << 40;
    default: return fallback;
  }
}

size_t environment_bytes(const char* name, size_t fallback) { return bytes_of(environment(name), fallback); }

long environment_number(const char* name, long fallback) {
  const char* text = environment(name);
  if (text == nullptr) return fallback;
  char* end = nullptr;
  const long number = std::strtol(text, &end, 0);
  return end == text || *end != 0 ? fallback : number;
}

std::vector<std::string> split(const char* text, char separator) {
  std::vector<std::string> parts;
  if (text == nullptr) return parts;
  std::string part;
  for (; *text != 0; ++text) {
    if (*text == separator) {
      parts.push_back(part);
      part.clear();
    } else {
      part += *text;
    }
  }
  parts.push_back(part);
  return parts;
}

}  // namespace simcuda

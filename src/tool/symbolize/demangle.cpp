// The C++ runtime's own demangler, kept away from names that would make it work for minutes.
#include "tool/symbolize/demangle.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace weir::tool {

std::string demangle(const char* symbol) {
  constexpr std::size_t kLongest = 16384;
  constexpr char kInner[] = "__GI_";
  if (std::strncmp(symbol, kInner, sizeof(kInner) - 1) == 0) return symbol + sizeof(kInner) - 1;
  if (std::strncmp(symbol, "_Z", 2) != 0 || ::strnlen(symbol, kLongest) == kLongest) return symbol;
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text{abi::__cxa_demangle(symbol, nullptr, nullptr, &status),
                                                    &std::free};
  return status == 0 && text != nullptr ? std::string{text.get()} : std::string{symbol};
}

}  // namespace weir::tool

#include "fault/name.hpp"

namespace simcuda {

std::string_view plain_name(std::string_view symbol) {
  if (symbol.ends_with("_ptsz") || symbol.ends_with("_ptds")) symbol.remove_suffix(5);
  const size_t version = symbol.rfind("_v");
  const bool digits = version != symbol.npos && version + 2 < symbol.size() &&
                      symbol.find_first_not_of("0123456789", version + 2) == symbol.npos;
  return digits ? symbol.substr(0, version) : symbol;
}

bool names(std::string_view written, std::string_view symbol) {
  return written == symbol || written == plain_name(symbol);
}

}  // namespace simcuda

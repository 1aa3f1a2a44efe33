// SIMCUDA_FAIL and SIMCUDA_DELAY, one order each.
#include <charconv>
#include <string_view>

#include "base/entry_points.hpp"
#include "fault/fault.hpp"

namespace simcuda {
namespace {

bool number(std::string_view text, uint64_t& value) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  return wrong == std::errc{} && end == text.data() + text.size();
}

// A number, CUDA_ERROR_OUT_OF_MEMORY or OUT_OF_MEMORY.
bool error_of(std::string_view text, CUresult& error) {
  uint64_t value = 0;
  const bool numeric = number(text, value);
  for (const ErrorName& row : error_names()) {
    const std::string_view name = row.name;
    const bool named = name == text || (name.starts_with("CUDA_ERROR_") && name.substr(11) == text);
    if (row.value == CUDA_SUCCESS || !(numeric ? static_cast<uint64_t>(row.value) == value : named)) continue;
    error = static_cast<CUresult>(row.value);
    return true;
  }
  return false;
}

}  // namespace

bool parse_fault(const std::string& written, FaultOrder& order) {
  std::string_view text = written;
  const size_t colon = text.find(':'), equals = text.find('=');
  if (colon == text.npos || equals == text.npos || colon == 0 || colon > equals) return false;
  order.function = text.substr(0, colon);
  std::string_view nth = text.substr(colon + 1, equals - colon - 1);
  std::string_view error = text.substr(equals + 1);
  if (nth.ends_with('+')) {
    order.count = UINT64_MAX;
    nth.remove_suffix(1);
  }
  if (error.ends_with('!')) {
    order.sticky = true;
    error.remove_suffix(1);
  }
  return number(nth, order.nth) && order.nth != 0 && error_of(error, order.error);
}

bool parse_delay(const std::string& text, std::string& function, uint64_t& microseconds) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) return false;
  function = text.substr(0, equals);
  return number(std::string_view(text).substr(equals + 1), microseconds);
}

}  // namespace simcuda

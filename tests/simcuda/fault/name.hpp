// Names of entry points: cuMemcpyHtoD_v2_ptds is a symbol, cuMemcpyHtoD the name of all its versions and twins.
#pragma once
#include <string>
#include <string_view>

namespace simcuda {

// The symbol without _v<number>, _ptsz, _ptds.
std::string_view plain_name(std::string_view symbol);
// Whether what a test wrote means this symbol.
bool names(std::string_view written, std::string_view symbol);

}  // namespace simcuda

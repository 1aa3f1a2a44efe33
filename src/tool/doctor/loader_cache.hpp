// The loader's list of libraries, /etc/ld.so.cache.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tool {

/// Paths by name, in the file's order. Trusts nothing; what makes no sense is left out.
using LoaderCache = std::multimap<std::string, std::string, std::less<>>;

[[nodiscard]] LoaderCache parse_loader_cache(std::string_view bytes);
[[nodiscard]] LoaderCache read_loader_cache(const std::string& path);

}  // namespace weir::tool

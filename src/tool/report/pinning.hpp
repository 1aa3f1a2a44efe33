// Which call sites keep memory from going back to the system.
#pragma once

#include <string>
#include <vector>

#include "tool/report/context.hpp"

namespace weir::tool {

/// Sites whose blocks pin anything, most pinned bytes first.
[[nodiscard]] std::vector<std::uint32_t> pinning_sites(const Context& context);
/// The list `sites`, then what is held by nobody.
void put_pinning(Sink& sink, const Context& context);
/// The worst of them, in sentences.
[[nodiscard]] std::vector<std::string> pinning_sentences(const Context& context);

}  // namespace weir::tool

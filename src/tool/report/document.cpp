// Filling a section.
#include "tool/report/document.hpp"

#include <utility>

namespace weir::tool {

void Section::add(Block block) { blocks.push_back(std::move(block)); }

void Section::say(std::string paragraph) { blocks.emplace_back(Paragraph{std::move(paragraph)}); }

}  // namespace weir::tool

// Growth in words and as data: what the report of a live process and `weir diff` share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tool/growth/growth.hpp"
#include "tool/report/document.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {

/// Who a site is. A group of sites that are not told apart has the frames of one, and the verdict of all.
struct Grower {
  const Profile& profile;
  const Site& site;
  std::vector<Frame> frames;
  Judgement verdict;
};
using WhoGrows = std::function<Grower(const SiteGrowth& site)>;

/// "Live memory went from 1.00 MiB to 3.00 MiB (+2.00 MiB, 720 MiB an hour)."
[[nodiscard]] std::string totals_words(const Growth& growth);

/// Those that grow with their stacks, those that only swing in a table; those that shrink too where `shows_shrinking`.
void growth_text(const Growth& growth, const WhoGrows& who, const ReportOptions& options,
                 bool shows_shrinking, Section& out);

/// A list.
void put_growing_sites(Sink& sink, const Growth& growth, const WhoGrows& who);

}  // namespace weir::tool

#include "tool/report/pinning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kListed = 200, kTold = 3;
constexpr std::uint64_t kWorthTelling = 64U << 10;

Judgement::Amount judged(const Site& site) {
  const Judgement::Amount lost = site.verdict.lost();
  return {lost.blocks + site.verdict.reachable.blocks, lost.bytes + site.verdict.reachable.bytes};
}

/// "at file:line (function)"
std::string made_at(const Context& context, std::uint32_t number) {
  const std::vector<Frame> frames = context.frames(number);
  const Frame* head = headline(frames);
  if (head == nullptr) return "at an unknown place";
  std::string out = "at " + place_of(*head, context.profile.process.cwd);
  if (head->function) out += fmt::format(" ({})", function_of(*head));
  return out;
}

std::string sentence(const Context& context, std::uint32_t number) {
  const Judgement& verdict = context.site(number).verdict;
  std::string out =
      fmt::format("{} of blocks made {} hold {} of slabs that are {} full", human_bytes(verdict.small_bytes),
                  made_at(context, number), human_bytes(verdict.slab_bytes),
                  percent(verdict.slab_live_bytes, verdict.slab_bytes));
  out += verdict.sole_bytes == 0
             ? "; without them nothing would go back, for others' blocks lie beside them in each."
             : fmt::format("; without them {} would go back.", human_bytes(verdict.sole_bytes));
  return out;
}

}  // namespace

std::vector<std::uint32_t> pinning_sites(const Context& context) {
  std::vector<std::uint32_t> out = reported_sites(context.profile);
  std::erase_if(out, [&](std::uint32_t number) {
    const Judgement& verdict = context.site(number).verdict;
    return verdict.pinned_bytes == 0 && verdict.sole_bytes == 0;
  });
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Judgement &one = context.site(a).verdict, &other = context.site(b).verdict;
    return one.pinned_bytes != other.pinned_bytes ? one.pinned_bytes > other.pinned_bytes
                                                  : one.sole_bytes > other.sole_bytes;
  });
  return out;
}

void put_pinning(Sink& sink, const Context& context) {
  const std::vector<std::uint32_t> sites = pinning_sites(context);
  sink.list("sites", [&] {
    for (std::size_t i = 0; i != std::min(sites.size(), kListed); ++i) {
      const Site& site = context.site(sites[i]);
      sink.begin_object();
      sink.member("blocks", judged(site).blocks);
      sink.member("bytes", judged(site).bytes);
      sink.member("small_bytes", site.verdict.small_bytes);
      sink.member("slabs", site.verdict.slabs);
      sink.member("slab_bytes", site.verdict.slab_bytes);
      sink.member("slab_live_bytes", site.verdict.slab_live_bytes);
      sink.member("would_release_bytes", site.verdict.sole_bytes);
      sink.member("pinned_bytes", site.verdict.pinned_bytes);
      sink.list("frames", [&] { put_frames(sink, context.frames(sites[i])); });
      sink.end_object();
    }
  });
  const std::optional<Scan>& scan = context.profile.scan;
  const bool known = scan && scan->has_verdicts();
  sink.member("empty_slabs", known ? std::optional{scan->empty_slabs} : std::nullopt);
  sink.member("empty_slab_bytes", known ? std::optional{scan->empty_slab_bytes} : std::nullopt);
}

std::vector<std::string> pinning_sentences(const Context& context) {
  std::vector<std::string> out;
  const std::optional<Scan>& scan = context.profile.scan;
  if (!scan || !scan->has_verdicts()) return out;
  for (const std::uint32_t number : pinning_sites(context)) {
    if (out.size() == kTold || context.site(number).verdict.pinned_bytes < kWorthTelling) break;
    out.push_back(sentence(context, number));
  }
  if (out.size() == 1)
    out.emplace_back(
        "That is for this call site alone, all others staying as they are, at the end of the process.");
  else if (!out.empty())
    out.emplace_back(
        "Each of these is for its call site alone, all others staying as they are, at the end of the "
        "process: where blocks of several "
        "lie in one slab, none alone gives it back, so the parts are less than the whole.");
  if (scan->empty_slab_bytes >= kWorthTelling)
    out.push_back(fmt::format(
        "{} ({}) without any block of the program's are held by thread caches and the allocator itself.",
        counted(scan->empty_slabs, "slab"), human_bytes(scan->empty_slab_bytes)));
  return out;
}

}  // namespace weir::tool

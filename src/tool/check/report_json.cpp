// A baseline from what `weir report --format json` wrote: it holds the names of its frames, so that it needs no program file.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tool/check/check.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using nlohmann::json;

/// The one that has this name; the first one where none has.
template <class Enum, class Name>
Enum by_name(std::size_t count, const json& name, Name&& name_of) {
  for (std::size_t i = 0; name.is_string() && i != count; ++i)
    if (name_of(static_cast<Enum>(i)) == name.get<std::string>()) return static_cast<Enum>(i);
  return Enum{};
}

template <class Value>
std::optional<Value> known(const json& value) {
  return value.is_null() ? std::nullopt : std::optional{value.get<Value>()};
}

Frame frame_of(const json& from) {
  Frame out;
  out.function = known<std::string>(from.at("function"));
  out.module = known<std::string>(from.at("module"));
  out.offset = known<std::uint64_t>(from.at("offset")).value_or(0);
  return out;
}

/// The stack becomes one place with all its frames: nothing is shared with other stacks.
void add_site(const json& from, Checked& into) {
  std::vector<Frame> frames;
  for (const json& frame : from.at("frames")) frames.push_back(frame_of(frame));
  Site site;
  site.exists = true;
  site.space = by_name<Space>(profile::kSpacesAndImported, from.at("space"), &space_name);
  site.kind = by_name<MemoryKind>(profile::kMemoryKinds, from.at("kind"),
                                  [](MemoryKind kind) { return kind_name(kind).value_or(""); });
  site.counts.live_bytes = site.counts.allocated_bytes = from.at("bytes").get<std::uint64_t>();
  site.counts.live_blocks = site.counts.allocated_blocks = from.at("blocks").get<std::uint64_t>();
  const Judgement::Amount all{site.counts.live_blocks, site.counts.live_bytes};
  const std::string verdict = from.at("verdict").get<std::string>();
  if (verdict == "lost") site.verdict.direct = all;
  if (verdict == "reachable") site.verdict.reachable = all;
  if (!frames.empty()) {
    into.profile.nodes.push_back({1, 0, 0});
    site.node = static_cast<std::uint32_t>(into.profile.nodes.size() - 1);
    into.symbols->place_of_node.push_back(static_cast<std::uint32_t>(into.symbols->places.size()));
    into.symbols->places.push_back(std::move(frames));
  }
  into.profile.sites.push_back(site);
}

void note_doubts(const json& report, const std::string& file, Checked& into) {
  const json& coverage = report.at("coverage");
  const json& scan = coverage.at("scan");
  if (const json& mode = coverage.at("record"); mode.is_string() && mode != "exact")
    into.doubts.push_back({file, "it was not recorded exactly", DoubtOn::Counts});
  else if (scan.at("result") != "done")
    into.doubts.push_back(
        {file, known<std::string>(scan.at("why")).value_or("not every process was looked through"),
         DoubtOn::Unknown});
  else if (scan.value("processes_before_end", 0) != 0)
    into.doubts.push_back({file, "its heap was looked through before its end only", DoubtOn::Verdicts});
}

void take_in(const json& report, const std::string& file, Checked& into) {
  into.profile = {};
  into.profile.members.resize(1);
  into.profile.nodes.resize(1);
  into.profile.sites.resize(static_cast<std::size_t>(profile::FixedSite::First));
  into.symbols.emplace();
  into.symbols->place_of_node.push_back(0);
  into.symbols->places.push_back({Frame{}});
  into.profile.process.exe = known<std::string>(report.at("process").at("exe")).value_or("");
  for (const json& site : report.at("leaks").at("sites")) add_site(site, into);
  note_doubts(report, file, into);
}

}  // namespace

bool is_report(const std::string& path) {
  std::ifstream in{path};
  return in.get() == '{';
}

void read_report(const std::string& path, Checked& into) {
  std::ifstream in{path};
  const json report = json::parse(in, nullptr, false);
  try {
    if (!report.is_object() || report.value("schema", "") != "weir-report/1")
      throw Error{
          fmt::format("{} is no report of weir, as `weir report --format json` writes it", printable(path))};
    take_in(report, printable(path), into);
  } catch (const json::exception&) {
    throw Error{fmt::format("{} is no whole report of weir: it must have all sections", printable(path))};
  }
}

}  // namespace weir::tool

#include "tool/compare/site_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace weir::tool {
namespace {

/// "libfoo.so" of "/usr/lib/libfoo.so.1.2".
std::string_view file_name(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  constexpr std::string_view kLibrary = ".so.";
  const std::size_t at = path.find(kLibrary);
  return at == std::string_view::npos ? path : path.substr(0, at + kLibrary.size() - 1);
}

/// Which contents each file name stands for. Without a build id a name stands for nothing certain.
std::map<std::string, std::optional<std::string>> contents(const Profile& profile) {
  std::map<std::string, std::optional<std::string>> out;
  for (const Module& module : profile.modules) {
    if (module.path.empty()) continue;
    const auto [at, is_new] = out.try_emplace(std::string{file_name(module.path)}, module.build_id);
    if (module.build_id.empty() || (!is_new && at->second != module.build_id)) at->second.reset();
  }
  return out;
}

std::set<std::string> same_files(const Profile& one, const Profile& other) {
  const auto ours = contents(one), theirs = contents(other);
  std::set<std::string> out;
  for (const auto& [name, content] : ours)
    if (const auto at = theirs.find(name); content && at != theirs.end() && at->second == content)
      out.insert(name);
  return out;
}

bool is_allocators(const Frame& frame) { return frame.module && file_name(*frame.module) == "libweir.so"; }

/// What calls main, and the first function of a thread.
bool is_start_up(const Frame& frame) {
  if (frame.function && *frame.function == "_start") return true;
  if (!frame.module) return false;
  const std::string_view file = file_name(*frame.module);
  return file == "libc.so" || file.starts_with("libc-") || file == "libpthread.so" ||
         file.starts_with("ld-linux");
}

/// The part of a stack that is the program's and its libraries'; all of it where nothing would be left.
std::span<const Frame> own_part(std::span<const Frame> frames) {
  std::span<const Frame> out = frames;
  while (!out.empty() && is_allocators(out.front())) out = out.subspan(1);
  while (!out.empty() && is_start_up(out.back())) out = out.first(out.size() - 1);
  return out.empty() ? frames : out;
}

/// A suffix like ".constprop.0" or ".cold": a compiler's, no part of a name of C or C++.
bool strip_suffix(std::string_view& name) {
  constexpr std::string_view kMade[] = {"isra",     "constprop", "part",      "cold",
                                        "lto_priv", "llvm",      "localalias"};
  std::string_view rest = name;
  while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.back())) != 0) rest.remove_suffix(1);
  if (rest.size() != name.size() && rest.ends_with('.')) rest.remove_suffix(1);
  for (const std::string_view made : kMade)
    if (rest.ends_with(made) && rest.size() > made.size() + 1 && rest[rest.size() - made.size() - 1] == '.') {
      name = rest.substr(0, rest.size() - made.size() - 1);
      return true;
    }
  return false;
}

void strip_arguments(std::string_view& name) {
  for (const std::string_view qualifier : {" const", " volatile", " &&", " &"})
    if (name.ends_with(qualifier)) name.remove_suffix(qualifier.size());
  if (!name.ends_with(')')) return;
  std::size_t at = name.size(), open = 0;
  while (at != 0) {
    --at;
    if (name[at] == ')') ++open;
    if (name[at] == '(' && --open == 0) break;
  }
  const std::string_view before = name.substr(0, at);
  if (at != 0 && !before.ends_with("operator")) name = before;
}

std::string memory_key(const Site& site) {
  return fmt::format("{}.{}", static_cast<unsigned>(site.space), static_cast<unsigned>(site.kind));
}

}  // namespace

std::string lasting_name(std::string_view function) {
  std::string_view name = function;
  if (const std::size_t clone = name.find(" [clone"); clone != std::string_view::npos)
    name = name.substr(0, clone);
  while (strip_suffix(name)) {
  }
  strip_arguments(name);
  return std::string{name};
}

SiteKeys::SiteKeys(const Profile& one, const Profile& other)
    : is_one_program_each_{!one.process.exe.empty() && !other.process.exe.empty()},
      same_files_{same_files(one, other)} {}

std::string SiteKeys::frame_key(const Frame& frame, const std::string& program) const {
  const std::string file{frame.module ? file_name(*frame.module) : "?"};
  const bool is_program = is_one_program_each_ && frame.module && *frame.module == program;
  const std::string_view shown = is_program ? "the program" : std::string_view{file};
  if (frame.function) return fmt::format("{} in {}", lasting_name(*frame.function), shown);
  if (same_files_.contains(file)) return fmt::format("{:#x} in {}", frame.offset, shown);
  return fmt::format("? in {}", shown);
}

std::string SiteKeys::key(const Profile& profile, const Symbols& symbols, std::uint32_t site) const {
  const std::vector<Frame> frames = symbols.stack_of(profile, profile.sites[site]);
  std::string out = memory_key(profile.sites[site]), last;
  if ((profile.sites[site].flags & profile::kSiteUnknown) != 0) return out + "\n(unknown)";
  for (const Frame& frame : own_part(frames)) {
    std::string text = frame_key(frame, profile.process.exe);
    if (text == last) continue;
    (out += '\n') += text;
    last = std::move(text);
  }
  return out;
}

std::vector<SiteGroup> match_sites(const SiteSide& before, const SiteSide& after) {
  const SiteKeys keys{before.profile, after.profile};
  std::vector<SiteGroup> out;
  std::unordered_map<std::string, std::size_t> known;
  const auto sort_in = [&](const SiteSide& side, std::vector<std::uint32_t> SiteGroup::*list) {
    for (const std::uint32_t site : side.sites) {
      const auto [at, is_new] = known.try_emplace(keys.key(side.profile, side.symbols, site), out.size());
      if (is_new) out.push_back({at->first, {}, {}});
      (out[at->second].*list).push_back(site);
    }
  };
  sort_in(after, &SiteGroup::after);
  sort_in(before, &SiteGroup::before);
  return out;
}

}  // namespace weir::tool

// Totals of a family, read as far as patience goes, and the shortest words that name its files.
#include "tool/cli/family_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "tool/profile/profile.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

FamilyTotals totals_of(const std::set<std::string>& profiles) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  FamilyTotals out;
  out.processes = profiles.size();
  for (const std::string& path : profiles) {
    if (out.read != 0 && std::chrono::steady_clock::now() > until) break;
    try {
      const Profile profile = load(path);
      ++out.read;
      out.by_signal +=
          profile.process.ending == Ending::Signalled || profile.process.ending == Ending::Killed;
      for (const Space space : {Space::Host, Space::Device, Space::Managed, Space::Pinned})
        out.live += profile.space(space).counts;
      const std::uint64_t peak = profile.spaces[0].peak_bytes;
      if (peak <= out.highest_peak) continue;
      out.highest_peak = peak;
      out.highest_pid = profile.process.pid;
    } catch (const Error&) {
      // The report will say why.
    }
  }
  return out;
}

bool is_plain(const std::string& word) {
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/._-+,:=@%"}.find(c) != std::string_view::npos;
  });
}

/// Paths below this directory without it.
std::string from_here(const fs::path& path) {
  std::error_code failed;
  const std::string here = fs::current_path(failed).string();
  const std::string text = path.string();
  if (failed || (text != here && !text.starts_with(here + "/"))) return text;
  return text == here ? "." : text.substr(here.size() + 1);
}

/// DIR/BEGINNING*END where that is these files and no others; else the folder or folders.
std::string words_for(const std::set<std::string>& profiles) {
  std::set<fs::path> folders;
  std::string begin, end;
  for (const std::string& path : profiles) {
    folders.insert(fs::path{path}.parent_path());
    const std::string name = fs::path{path}.filename().string();
    if (path == *profiles.begin()) begin = end = name;
    const auto differs = std::mismatch(begin.begin(), begin.end(), name.begin(), name.end()).first;
    begin.erase(differs, begin.end());
    const auto from_end = std::mismatch(end.rbegin(), end.rend(), name.rbegin(), name.rend()).first;
    end.erase(end.begin(), from_end.base());
  }
  // "a.1.weir" and "a.12.weir" share ".weir", not "weir" after a digit that both happen to have.
  if (const std::size_t dot = end.find('.'); dot != std::string::npos) end.erase(0, dot);
  if (const std::size_t dot = begin.rfind('.'); dot != std::string::npos) begin.erase(dot + 1);
  std::size_t matching = 0;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator{*folders.begin(), failed}) {
    const std::string name = entry.path().filename().string();
    matching += name.size() >= begin.size() + end.size() && name.starts_with(begin) && name.ends_with(end);
  }
  const std::string folder = from_here(*folders.begin());
  const bool is_exact = folders.size() == 1 && matching == profiles.size() && is_plain(begin) &&
                        is_plain(end) && is_plain(folder) && begin.size() + end.size() > 1;
  if (is_exact) return fmt::format("{}{}*{}", folder == "." ? "" : folder + "/", begin, end);
  std::string out;
  for (const fs::path& each : folders) out += (out.empty() ? "" : " ") + printable(from_here(each));
  return out + " (reads whatever profiles are there)";
}

}  // namespace

std::string family_lines(const std::vector<std::string>& paths) {
  const std::set<std::string> profiles{paths.begin(), paths.end()};
  if (profiles.size() < 2) return {};
  return fmt::format("weir: {}\nweir: read them together with: weir report {}\n",
                     family_summary(totals_of(profiles)), words_for(profiles));
}

}  // namespace weir::tool

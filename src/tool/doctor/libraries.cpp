// The search, breadth first. A file for another machine is passed over, as the loader does.
#include "tool/doctor/libraries.hpp"

#include <filesystem>
#include <set>

#include "tool/doctor/loader_cache.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostLibraries = 4096;
constexpr std::string_view kDefaultFolders[] = {"/lib/x86_64-linux-gnu",
                                                "/usr/lib/x86_64-linux-gnu",
                                                "/lib/aarch64-linux-gnu",
                                                "/usr/lib/aarch64-linux-gnu",
                                                "/lib64",
                                                "/usr/lib64",
                                                "/lib",
                                                "/usr/lib"};
/// What $LIB stands for depends on how the loader was built.
constexpr std::string_view kLibWords[] = {"lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib"};
/// Folders of better builds within each folder; all exist to be found in, the best that the processor can run wins.
constexpr std::string_view kBetter[] = {"", "glibc-hwcaps/x86-64-v2/", "glibc-hwcaps/x86-64-v3/",
                                        "glibc-hwcaps/x86-64-v4/"};

void replace(std::string& text, std::string_view token, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(token, at)) != std::string::npos; at += by.size())
    text.replace(at, token.size(), by);
}

std::string folder_of(const std::string& path) {
  std::error_code failed;
  const fs::path real = fs::canonical(path, failed);
  return (failed ? fs::absolute(path, failed) : real).parent_path();
}

/// The folders of a list "A:B", for a file that lies at `owner`.
std::vector<std::string> folders(std::string_view list, std::string_view separators,
                                 const std::string& owner) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(separators);
    std::string one{list.substr(0, end)};
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    if (one.empty()) one = ".";
    for (const std::string_view token : {"${ORIGIN}", "$ORIGIN"}) replace(one, token, folder_of(owner));
    for (const std::string_view token : {"${PLATFORM}", "$PLATFORM"}) replace(one, token, "x86_64");
    if (one.find("$LIB") == std::string::npos && one.find("${LIB}") == std::string::npos) {
      out.push_back(one);
      continue;
    }
    for (const std::string_view word : kLibWords) {
      std::string copy = one;
      for (const std::string_view token : {"${LIB}", "$LIB"}) replace(copy, token, word);
      out.push_back(copy);
    }
  }
  return out;
}

/// One file that asks for libraries, and who asked for it.
struct Asker {
  std::string path;
  const ElfFacts* facts;
  const Asker* parent;
};

class Search {
 public:
  Search(const ElfFacts& program, const LoaderSettings& settings)
      : program_{program}, settings_{settings}, cache_{read_loader_cache(settings.cache)} {}

  [[nodiscard]] Library find(const std::string& name, const Asker& asker) const {
    Library out{.asked_as = name, .asked_by = asker.path, .path = {}, .facts = {}};
    if (name.find('/') != std::string::npos) {
      take(folders(name, "\n", asker.path), "", out);
      return out;
    }
    for (const Asker* at = asker.facts->runpath.empty() ? &asker : nullptr; at != nullptr; at = at->parent)
      if (at->facts->runpath.empty() && take(folders(at->facts->rpath, ":", at->path), name, out)) return out;
    if (take(folders(settings_.library_path, ":;", asker.path), name, out)) return out;
    if (take(folders(asker.facts->runpath, ":", asker.path), name, out)) return out;
    if (asker.facts->no_default_folders) return out;
    const auto [first, last] = cache_.equal_range(name);
    for (auto entry = first; entry != last; ++entry)
      if (take({entry->second}, "", out)) return out;
    take({std::begin(kDefaultFolders), std::end(kDefaultFolders)}, name, out);
    return out;
  }

 private:
  /// The first file of that name in these folders that the loader would take. Without a name these are files.
  bool take(const std::vector<std::string>& places, const std::string& name, Library& out) const {
    for (const std::string& place : places) {
      if (name.empty() && fits(place, out)) return true;
      for (const std::string_view better : kBetter)
        if (!name.empty() && fits(place + "/" + std::string{better} + name, out)) return true;
    }
    return false;
  }
  bool fits(const std::string& path, Library& out) const {
    ElfFacts facts = read_elf(path, ElfDepth::Brief);
    if (!facts.is_elf() || facts.machine != program_.machine || facts.bits != program_.bits) return false;
    out.path = path;
    out.facts = std::move(facts);
    return true;
  }

  const ElfFacts& program_;
  const LoaderSettings& settings_;
  LoaderCache cache_;
};

}  // namespace

std::vector<Library> find_libraries(const std::string& program, const ElfFacts& facts,
                                    const LoaderSettings& settings) {
  const Search search{facts, settings};
  std::vector<Library> out;
  out.reserve(kMostLibraries);  // askers point into it
  std::vector<Asker> askers;
  askers.reserve(kMostLibraries + 1);
  askers.push_back({program, &facts, nullptr});
  std::set<std::string, std::less<>> known;
  for (std::size_t next = 0; next != askers.size(); ++next) {
    for (const std::string& name : askers[next].facts->needed) {
      if (out.size() == kMostLibraries || !known.insert(name).second) continue;
      Library found = search.find(name, askers[next]);
      if (!found.facts.name.empty() && found.facts.name != name && !known.insert(found.facts.name).second)
        continue;
      out.push_back(std::move(found));
      if (!out.back().path.empty()) askers.push_back({out.back().path, &out.back().facts, &askers[next]});
    }
  }
  return out;
}

std::string find_library_named(std::string_view name, const std::string& program, const ElfFacts& facts,
                               const LoaderSettings& settings) {
  return Search{facts, settings}.find(std::string{name}, {program, &facts, nullptr}).path;
}

}  // namespace weir::tool

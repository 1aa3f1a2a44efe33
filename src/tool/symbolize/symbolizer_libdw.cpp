// Names from the modules' own symbols and DWARF, one module at a time, each address once.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "tool/symbolize/demangle.hpp"
#include "tool/symbolize/elf_file.hpp"
#include "tool/symbolize/line_table.hpp"
#include "tool/symbolize/places.hpp"
#include "tool/symbolize/progress.hpp"
#include "tool/symbolize/symbol_table.hpp"

namespace weir::tool {
namespace {

/// Names the addresses of one file. They lie in order.
void name_all(const ElfFile& file, const Module& module, std::span<const Address> addresses, Symbols& out,
              Progress& progress) {
  const SymbolTable symbols{file.module()};
  Dwarf_Addr bias = 0;
  Dwarf* dwarf = file.dwarf(bias);
  std::optional<LineTable> lines;
  if (dwarf != nullptr) lines.emplace(dwarf);
  for (const Address& address : addresses) {
    // A return address: the call is the instruction before it.
    const Dwarf_Addr own = address.pc - module.base - 1;
    std::vector<Frame>& frames = out.places[address.place];
    if (lines) lines->name(own - bias, frames);
    Frame& physical = frames.back();
    if (!physical.function)
      if (const char* name = symbols.find(own)) physical.function = demangle(name);
    progress.advance();
  }
}

std::optional<std::string> warning(ElfFile::Verdict verdict, const Module& module) {
  switch (verdict) {
    case ElfFile::Verdict::Same: break;
    case ElfFile::Verdict::Changed:
      return fmt::format("{} changed since it ran; its frames are shown as module+offset", module.path);
    case ElfFile::Verdict::Missing:
      return fmt::format("{} is no longer there; its frames are shown as module+offset", module.path);
    case ElfFile::Verdict::Unreadable:
      return fmt::format("{} cannot be read; its frames are shown as module+offset", module.path);
  }
  return std::nullopt;
}

}  // namespace

Symbols symbolize_libdw(const Profile& profile, std::span<const std::uint32_t> nodes) {
  // libdwfl would ask the servers named here for missing debug files.
  unsetenv("DEBUGINFOD_URLS");
  Symbols out;
  const std::vector<Address> addresses = lay_out_places(profile, nodes, out);
  Progress progress{"addresses named", addresses.size()};
  for (auto begin = addresses.begin(); begin != addresses.end();) {
    const std::uint32_t number = begin->module;
    const auto end =
        std::find_if(begin, addresses.end(), [&](const Address& a) { return a.module != number; });
    const std::span<const Address> group{begin, end};
    const Module& module = profile.modules[number];
    begin = end;
    if (number == 0 || !module.path.starts_with('/')) {  // no module, or [vdso] and the like
      progress.advance(group.size());
      continue;
    }
    const ElfFile file{module};
    if (auto text = warning(file.verdict(), module)) {
      if (std::find(out.warnings.begin(), out.warnings.end(), *text) == out.warnings.end())
        out.warnings.push_back(std::move(*text));
      progress.advance(group.size());
      continue;
    }
    name_all(file, module, group, out, progress);
  }
  return out;
}

}  // namespace weir::tool

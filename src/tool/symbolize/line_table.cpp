// Walking DWARF units, functions and inlined calls.
#include "tool/symbolize/line_table.hpp"

#include <dwarf.h>

#include <algorithm>
#include <filesystem>

#include "tool/symbolize/demangle.hpp"

namespace weir::tool {
namespace {

constexpr int kDeepest = 64;  ///< nesting that a compiler makes stays far below; a crafted file's does not

/// Calls `each(begin, end)` for the address ranges of a DIE.
template <class Each>
void for_ranges(Dwarf_Die* die, Each&& each) {
  Dwarf_Addr base = 0, begin = 0, end = 0;
  ptrdiff_t at = 0;
  while ((at = dwarf_ranges(die, at, &base, &begin, &end)) > 0)
    if (begin < end && begin != 0) each(begin, end);
}

/// The DIE that a reference attribute leads to, or nothing.
std::optional<Dwarf_Die> follow(Dwarf_Die* die, unsigned reference) {
  Dwarf_Attribute attribute;
  Dwarf_Die target;
  if (dwarf_formref_die(dwarf_attr(die, reference, &attribute), &target) == nullptr) return std::nullopt;
  return target;
}

/// The absolute path, without detours, of a file that a unit names.
std::string absolute(const char* file, Dwarf_Die* unit) {
  std::filesystem::path path{file};
  Dwarf_Attribute attribute;
  if (path.is_relative())
    if (const char* dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute))) path = dir / path;
  return path.lexically_normal();
}

std::optional<std::uint32_t> number(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0 || value > UINT32_MAX)
    return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

/// Where an inlined call stands in its caller's source.
void place_call(Dwarf_Die* inlined, Dwarf_Die* unit, Frame& caller) {
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const auto file = number(inlined, DW_AT_call_file);
  if (file && dwarf_getsrcfiles(unit, &files, &count) == 0 && *file < count)
    if (const char* path = dwarf_filesrc(files, *file, nullptr, nullptr)) caller.file = absolute(path, unit);
  caller.line = number(inlined, DW_AT_call_line);
}

void place_address(Dwarf_Die* unit, Dwarf_Addr address, Frame& frame) {
  Dwarf_Line* line = dwarf_getsrc_die(unit, address);
  if (line == nullptr) return;
  if (const char* path = dwarf_linesrc(line, nullptr, nullptr)) frame.file = absolute(path, unit);
  int number = 0;
  if (dwarf_lineno(line, &number) == 0 && number > 0) frame.line = static_cast<std::uint32_t>(number);
}

/// The inlined calls around an address inside `die`, oldest first.
void collect_inlined(Dwarf_Die* die, Dwarf_Addr address, std::vector<Dwarf_Die>& out, int depth) {
  Dwarf_Die child;
  if (depth == kDeepest || dwarf_child(die, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) continue;
    if (dwarf_haspc(&child, address) != 1) continue;
    if (tag == DW_TAG_inlined_subroutine) out.push_back(child);
    return collect_inlined(&child, address, out, depth + 1);
  } while (dwarf_siblingof(&child, &child) == 0);
}

}  // namespace

LineTable::LineTable(Dwarf* dwarf) {
  Dwarf_CU* cu = nullptr;
  Dwarf_Half version = 0;
  std::uint8_t type = 0;
  Dwarf_Die die, split;
  while (dwarf_get_units(dwarf, cu, &cu, &version, &type, &die, &split) == 0) {
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    const std::size_t unit = units_.size();
    const bool is_split = type == DW_UT_skeleton && split.addr != nullptr;
    units_.push_back(
        {.lines = die, .tree = is_split ? split : die, .functions = {}, .scope_of = {}, .scopes = {}});
    for_ranges(&die, [&](Dwarf_Addr begin, Dwarf_Addr end) { ranges_.push_back({begin, end, unit}); });
  }
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
}

void LineTable::list_functions(Dwarf_Die* parent, const std::string& scope, Unit& out, int depth) {
  Dwarf_Die child;
  if (depth == kDeepest || dwarf_child(parent, &child) != 0) return;
  if (!scope.empty()) out.scopes.push_back(scope);
  const std::size_t scope_number = out.scopes.size();
  do {
    const char* name = nullptr;
    switch (dwarf_tag(&child)) {
      case DW_TAG_subprogram:
        for_ranges(&child, [&](Dwarf_Addr begin, Dwarf_Addr end) {
          out.functions.push_back({begin, end, child});
        });
        if (!scope.empty()) out.scope_of.emplace(dwarf_dieoffset(&child), scope_number - 1);
        break;
      case DW_TAG_namespace:
      case DW_TAG_module:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        name = dwarf_diename(&child);
        list_functions(&child, scope + (name == nullptr ? "(anonymous namespace)" : name) + "::", out,
                       depth + 1);
        break;
      default: break;
    }
  } while (dwarf_siblingof(&child, &child) == 0);
}

/// The demangled linkage name; without one the plain name behind its namespaces and classes.
std::optional<std::string> LineTable::name_of(Dwarf_Die* function, const Unit& unit) {
  Dwarf_Attribute attribute;
  for (const unsigned which : {unsigned{DW_AT_linkage_name}, unsigned{DW_AT_MIPS_linkage_name}}) {
    const char* text = dwarf_formstring(dwarf_attr_integrate(function, which, &attribute));
    if (text != nullptr) return demangle(text);
  }
  const char* text = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_name, &attribute));
  if (text == nullptr) return std::nullopt;
  const std::string name = demangle(text);
  std::optional<Dwarf_Die> die = *function;
  for (const unsigned reference : {unsigned{DW_AT_abstract_origin}, unsigned{DW_AT_specification}}) {
    if (const auto target = follow(&*die, reference)) die = target;
    const auto scope = unit.scope_of.find(dwarf_dieoffset(&*die));
    if (scope != unit.scope_of.end()) return unit.scopes[scope->second] + name;
  }
  return name;
}

LineTable::Unit* LineTable::unit_of(Dwarf_Addr address) {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                      [](Dwarf_Addr a, const Range& range) { return a < range.begin; });
  if (after == ranges_.begin() || address >= std::prev(after)->end) return nullptr;
  Unit& unit = units_[std::prev(after)->unit];
  if (!unit.listed) {
    list_functions(&unit.tree, {}, unit, 0);
    std::sort(unit.functions.begin(), unit.functions.end(),
              [](const Function& a, const Function& b) { return a.begin < b.begin; });
    unit.listed = true;
  }
  return &unit;
}

void LineTable::name(Dwarf_Addr address, std::vector<Frame>& frames) {
  Unit* unit = unit_of(address);
  if (unit == nullptr) return;
  const Frame unnamed = frames.back();
  place_address(&unit->lines, address, frames.back());
  const auto after = std::upper_bound(unit->functions.begin(), unit->functions.end(), address,
                                      [](Dwarf_Addr a, const Function& f) { return a < f.begin; });
  if (after == unit->functions.begin() || address >= std::prev(after)->end) return;
  Dwarf_Die function = std::prev(after)->die;
  std::vector<Dwarf_Die> inlined;
  collect_inlined(&function, address, inlined, 0);

  // From the physical function inwards: each inlined call takes over the place found for the address, and its
  // caller gets the place of the call.
  frames.back().function = name_of(&function, *unit);
  for (Dwarf_Die& call : inlined) {
    Frame inner = unnamed;
    inner.inlined = true;
    inner.file = std::move(frames.front().file);
    inner.line = frames.front().line;
    inner.function = name_of(&call, *unit);
    frames.front().file.reset();
    frames.front().line.reset();
    place_call(&call, &unit->lines, frames.front());
    frames.insert(frames.begin(), std::move(inner));
  }
}

}  // namespace weir::tool

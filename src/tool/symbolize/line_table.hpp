// What DWARF knows of an address: its line, and the functions that were inlined there.
#pragma once

#include <elfutils/libdw.h>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tool/symbolize/symbolize.hpp"

namespace weir::tool {

/// A compilation unit's functions are listed when the first of its addresses is asked for, so asking in order of
/// address costs one walk per unit.
class LineTable {
 public:
  explicit LineTable(Dwarf* dwarf);

  /// Names `frames` (one unnamed frame, the address's own) and puts the inlined ones before it. What is not
  /// known stays unset.
  void name(Dwarf_Addr address, std::vector<Frame>& frames);

 private:
  struct Function {
    Dwarf_Addr begin, end;
    Dwarf_Die die;
  };
  struct Unit {
    Dwarf_Die lines;  ///< the unit with the line table
    Dwarf_Die tree;   ///< the unit with the functions: the same but for split DWARF
    bool listed = false;
    std::vector<Function> functions;
    std::unordered_map<Dwarf_Off, std::size_t> scope_of;  ///< of functions in namespaces and classes
    std::vector<std::string> scopes;                      ///< "ns::Class::"
  };
  struct Range {
    Dwarf_Addr begin, end;
    std::size_t unit;
  };

  Unit* unit_of(Dwarf_Addr address);
  static void list_functions(Dwarf_Die* parent, const std::string& scope, Unit& out, int depth);
  static std::optional<std::string> name_of(Dwarf_Die* function, const Unit& unit);

  std::vector<Unit> units_;
  std::vector<Range> ranges_;
};

}  // namespace weir::tool

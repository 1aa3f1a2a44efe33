// The functions of an ELF symbol table, in order of address: libdwfl's own search walks the whole table each time.
#pragma once

#include <elfutils/libdwfl.h>

#include <vector>

namespace weir::tool {

class SymbolTable {
 public:
  explicit SymbolTable(Dwfl_Module* module);
  /// The function that covers this address, or null. The text lives as long as the module.
  [[nodiscard]] const char* find(Dwarf_Addr address) const noexcept;

 private:
  struct Symbol {
    Dwarf_Addr begin, end;
    const char* name;
    int rank;  ///< of several names for one function the lowest is shown
  };
  std::vector<Symbol> symbols_;
};

}  // namespace weir::tool

// Collecting and searching the functions of a symbol table.
#include "tool/symbolize/symbol_table.hpp"

#include <algorithm>

namespace weir::tool {
namespace {

/// Exported names before local ones, plain names before those with leading underscores.
int rank_of(const GElf_Sym& symbol, const char* name) noexcept {
  const int binding = GELF_ST_BIND(symbol.st_info);
  const int local = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
  const bool plain = name[0] != '_' || (name[1] == 'Z');
  return local * 2 + (plain ? 0 : 1);
}

}  // namespace

SymbolTable::SymbolTable(Dwfl_Module* module) {
  const int count = dwfl_module_getsymtab(module);
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    GElf_Addr address = 0;
    const char* name = dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
    const int type = GELF_ST_TYPE(symbol.st_info);
    if (name == nullptr || *name == '\0' || symbol.st_shndx == SHN_UNDEF) continue;
    if (type != STT_FUNC && type != STT_GNU_IFUNC) continue;
    symbols_.push_back({address, address + symbol.st_size, name, rank_of(symbol, name)});
  }
  std::sort(symbols_.begin(), symbols_.end(), [](const Symbol& a, const Symbol& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.rank < b.rank;
  });
  // Hand-written assembly leaves functions without a size: they reach to the next symbol, if that is near.
  constexpr Dwarf_Addr kNear = 4096;
  for (std::size_t i = 0; i + 1 < symbols_.size(); ++i)
    if (symbols_[i].end == symbols_[i].begin && symbols_[i + 1].begin - symbols_[i].begin <= kNear)
      symbols_[i].end = symbols_[i + 1].begin;
  const auto same = [](const Symbol& a, const Symbol& b) { return a.begin == b.begin && a.end == b.end; };
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end(), same), symbols_.end());
}

const char* SymbolTable::find(Dwarf_Addr address) const noexcept {
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](Dwarf_Addr a, const Symbol& symbol) { return a < symbol.begin; });
  // A label without a size inside a function must not hide it: look a few symbols back for one that covers.
  constexpr int kBack = 8;
  for (int i = 0; i != kBack && after != symbols_.begin(); ++i) {
    --after;
    if (address < after->end) return after->name;
  }
  return nullptr;
}

}  // namespace weir::tool

// A loaded object's slots for functions of other objects: where the loader has written, or will write, their addresses.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::cuda {

class ElfObject {
 public:
  explicit ElfObject(const dl_phdr_info& info) noexcept;

  /// Calls `see(name, symbol, slot)` for each slot of a function.
  template <class See>
  void each_slot(See see) const noexcept {
    for (const std::span<const Elf64_Rela> some : {calls_, data_})
      for (const Elf64_Rela& it : some) {
        const auto type = ELF64_R_TYPE(it.r_info);
        if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
        const Elf64_Sym& symbol = symbols_[ELF64_R_SYM(it.r_info)];
        see(names_ + symbol.st_name, symbol, reinterpret_cast<void**>(base_ + it.r_offset));
      }
  }

  [[nodiscard]] bool contains(const void* address) const noexcept;
  /// Is the slot on a page that the loader has made read-only?
  [[nodiscard]] bool is_sealed(const void* slot) const noexcept;

 private:
  void read(const Elf64_Dyn* dynamic) noexcept;

  std::uintptr_t base_;
  std::span<const Elf64_Phdr> segments_;
  std::span<const Elf64_Rela> calls_{}, data_{};
  const Elf64_Sym* symbols_ = nullptr;
  const char* names_ = nullptr;
};

}  // namespace weir::cuda

#include "core/cuda/elf_object.hpp"

namespace weir::cuda {

ElfObject::ElfObject(const dl_phdr_info& info) noexcept
    : base_{info.dlpi_addr}, segments_{info.dlpi_phdr, info.dlpi_phnum} {
  for (const Elf64_Phdr& segment : segments_)
    if (segment.p_type == PT_DYNAMIC) read(reinterpret_cast<const Elf64_Dyn*>(base_ + segment.p_vaddr));
}

void ElfObject::read(const Elf64_Dyn* dynamic) noexcept {
  // The loader turns these into addresses, except where the section is read-only.
  const auto at = [this](const Elf64_Dyn& it) noexcept {
    const std::uintptr_t value = it.d_un.d_ptr;
    return value < base_ ? base_ + value : value;
  };
  const Elf64_Rela *calls = nullptr, *data = nullptr;
  std::size_t calls_bytes = 0, data_bytes = 0;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    switch (dynamic->d_tag) {
      case DT_JMPREL: calls = reinterpret_cast<const Elf64_Rela*>(at(*dynamic)); break;
      case DT_PLTRELSZ: calls_bytes = dynamic->d_un.d_val; break;
      case DT_RELA: data = reinterpret_cast<const Elf64_Rela*>(at(*dynamic)); break;
      case DT_RELASZ: data_bytes = dynamic->d_un.d_val; break;
      case DT_SYMTAB: symbols_ = reinterpret_cast<const Elf64_Sym*>(at(*dynamic)); break;
      case DT_STRTAB: names_ = reinterpret_cast<const char*>(at(*dynamic)); break;
      default: break;
    }
  }
  if (symbols_ == nullptr || names_ == nullptr) return;
  if (calls != nullptr) calls_ = {calls, calls_bytes / sizeof(Elf64_Rela)};
  if (data != nullptr) data_ = {data, data_bytes / sizeof(Elf64_Rela)};
}

bool ElfObject::contains(const void* address) const noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address) - base_;
  for (const Elf64_Phdr& segment : segments_)
    if (segment.p_type == PT_LOAD && at - segment.p_vaddr < segment.p_memsz) return true;
  return false;
}

bool ElfObject::is_sealed(const void* slot) const noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(slot) - base_;
  for (const Elf64_Phdr& segment : segments_)
    if (segment.p_type == PT_GNU_RELRO && at - segment.p_vaddr < segment.p_memsz) return true;
  return false;
}

}  // namespace weir::cuda

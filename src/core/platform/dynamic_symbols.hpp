// One loaded object's dynamic symbols, by its GNU hash table: no lock, no allocation, usable before any constructor.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>

namespace weir::platform {

class DynamicSymbols {
 public:
  /// `base`: what is added to the addresses that the file names.
  DynamicSymbols(std::uintptr_t base, const ElfW(Dyn) * dynamic) noexcept : base_{base} {
    for (const ElfW(Dyn)* entry = dynamic; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_SYMTAB) symbols_ = at<ElfW(Sym)>(*entry);
      if (entry->d_tag == DT_STRTAB) names_ = at<char>(*entry);
      if (entry->d_tag == DT_GNU_HASH) hash_ = at<std::uint32_t>(*entry);
    }
  }

  /// Address of a function that is defined here; null: it is not.
  [[nodiscard]] void* find(const char* name) const noexcept {
    if (symbols_ == nullptr || names_ == nullptr || hash_ == nullptr) return nullptr;
    const std::uint32_t buckets = hash_[0], first = hash_[1], bloom_words = hash_[2];
    const std::uint32_t* bucket = hash_ + 4 + std::size_t{bloom_words} * (sizeof(ElfW(Addr)) / 4);
    const std::uint32_t* chain = bucket + buckets;
    const std::uint32_t wanted = hash_of(name);
    if (buckets == 0) return nullptr;
    const std::uint32_t begin = bucket[wanted % buckets];
    for (std::uint32_t i = begin; i >= first && i != 0; ++i) {
      const std::uint32_t hash = chain[i - first];
      const ElfW(Sym)& symbol = symbols_[i];
      if ((hash | 1) == (wanted | 1) && symbol.st_shndx != SHN_UNDEF &&
          is_same(names_ + symbol.st_name, name))
        return reinterpret_cast<void*>(base_ + symbol.st_value);
      if ((hash & 1) != 0) break;
    }
    return nullptr;
  }

 private:
  /// The loader has added the base to the entries of those objects whose dynamic section it can write.
  template <class T>
  [[nodiscard]] const T* at(const ElfW(Dyn) & entry) const noexcept {
    const std::uintptr_t value = entry.d_un.d_ptr;
    return reinterpret_cast<const T*>(value < base_ ? value + base_ : value);
  }
  /// libc's strcmp may be a sanitizer's, which would begin its own start.
  static bool is_same(const char* a, const char* b) noexcept {
    for (; *a == *b; ++a, ++b)
      if (*a == '\0') return true;
    return false;
  }
  static std::uint32_t hash_of(const char* name) noexcept {
    std::uint32_t hash = 5381;
    for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
    return hash;
  }

  std::uintptr_t base_;
  const ElfW(Sym) * symbols_{};
  const char* names_{};
  const std::uint32_t* hash_{};
};

inline DynamicSymbols symbols_of(const link_map& object) noexcept { return {object.l_addr, object.l_ld}; }

}  // namespace weir::platform

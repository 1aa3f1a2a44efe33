// One executable file and its debug information, opened through libdwfl; addresses are the file's own.
#pragma once

#include <elfutils/libdwfl.h>

#include <string>

#include "tool/profile/profile.hpp"

namespace weir::tool {

class ElfFile {
 public:
  enum class Verdict { Same, Missing, Changed, Unreadable };

  explicit ElfFile(const Module& module);
  ~ElfFile();
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  /// Whether this is the file that ran. Names may be asked for only when it is Same.
  [[nodiscard]] Verdict verdict() const noexcept { return verdict_; }
  [[nodiscard]] Dwfl_Module* module() const noexcept { return module_; }
  /// Null without debug information. `bias` is what to subtract from an address before asking it.
  [[nodiscard]] Dwarf* dwarf(Dwarf_Addr& bias) const noexcept { return dwfl_module_getdwarf(module_, &bias); }

 private:
  Verdict open(const Module& module);

  int fd_ = -1;
  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  Verdict verdict_;
};

}  // namespace weir::tool

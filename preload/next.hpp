// libc's own functions behind those of our hooks that only add to them.
#pragma once

#include <dlfcn.h>

namespace weir {

/// The next definition of `name` after ours. Found at start (warm()), because dlsym takes the loader's lock, which must
/// not happen in a forked or vforked child.
template <class Function>
class Next {
 public:
  constexpr explicit Next(const char* name) noexcept : name_{name} {}
  void warm() noexcept { found_ = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_)); }
  Function* get() noexcept {
    if (found_ == nullptr) warm();
    return found_;
  }

 private:
  const char* name_;
  Function* found_ = nullptr;
};

/// For the constructor.
void warm_exec_functions() noexcept;
void warm_seal_functions() noexcept;

}  // namespace weir

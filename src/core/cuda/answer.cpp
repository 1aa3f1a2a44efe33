// What dlsym answers when a program looks for a function of the driver.
//
//   handle          asked                                         answered
//   RTLD_NEXT       never comes here                              as without us
//   RTLD_DEFAULT    finds our export: a driver behind it?         the wrapper, or what a process without us sees: nothing
//   of a library    the real dlsym; found, and in this namespace  the wrapper of what was found
#include <dlfcn.h>

#include "core/base/old_glibc.hpp"
#include "core/cuda/cuda.hpp"
#include "core/cuda/function.hpp"
#include "core/cuda/loader.hpp"

namespace weir::cuda {
namespace {

constexpr weir_answer kAskTheRealOne{nullptr, 0};

weir_answer give(void* address) noexcept { return {address, 1}; }

/// Wrappers know one driver; a namespace of its own (dlmopen) has its own.
bool is_in_our_namespace(void* handle) noexcept {
  Lmid_t space = LM_ID_BASE;
  return dlinfo(handle, RTLD_DI_LMID, &space) == 0 && space == LM_ID_BASE;
}

weir_answer found_by(Function f, const char* name, void* found) noexcept {
  if (f != Function::None) return give(hand_out(f, CudaRoute::Dlsym, found));
  engine::cuda_unhooked(name, CudaRoute::Dlsym, "unknown");
  return give(found);
}

weir_answer answer_default(Function f, const char* name, const void* from) noexcept {
  void* found = real_dlsym(RTLD_DEFAULT, name);
  if (!is_own(found)) {
    if (found != nullptr && f == Function::None) engine::cuda_unhooked(name, CudaRoute::Dlsym, "unknown");
    return kAskTheRealOne;
  }
  found = next_symbol(name);
  // The last to fail is whom dlerror() speaks of: the caller's library, as without us. Of the program's own scope we are part.
  if (found == nullptr) found = in_scope_of(from, name);
  if (is_own(found)) found = next_symbol(name);
  if (found == nullptr) return give(nullptr);
  const bool is_strange = !may_be_drivers(found);
  (void)real_dlsym(RTLD_DEFAULT, name);  // succeeds: what failed on the way is not the program's error
  return is_strange ? give(found) : found_by(f, name, found);
}

}  // namespace
}  // namespace weir::cuda

weir_answer weir_answer_dlsym(void* handle, const char* name, const void* from) {
  using namespace weir::cuda;
  if (name[2] < 'A' || name[2] > 'Z') return kAskTheRealOne;  // cudaMalloc, cublasCreate: not the driver's
  const Function f = find_symbol(name);
  if (f == Function::None && !is_allocation_class(name)) return kAskTheRealOne;
  if (handle == RTLD_DEFAULT) return answer_default(f, name, from);
  void* found = real_dlsym(handle, name);
  if (found == nullptr || !is_in_our_namespace(handle)) return give(found);
  if (is_own(found)) found = next_symbol(name);
  if (found == nullptr) return give(nullptr);
  const bool is_strange = !may_be_drivers(found);
  (void)real_dlsym(handle, name);
  return is_strange ? give(found) : found_by(f, name, found);
}

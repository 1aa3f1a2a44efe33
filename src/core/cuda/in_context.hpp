// Work in a context that may not be the calling thread's current one.
#pragma once

#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/driver.hpp"

namespace weir::cuda {

namespace ask {
inline constinit Asked<decltype(::cuCtxPushCurrent_v2)> push_current{"cuCtxPushCurrent_v2"};
inline constinit Asked<decltype(::cuCtxPopCurrent_v2)> pop_current{"cuCtxPopCurrent_v2"};
}  // namespace ask

/// The context is current while this lives, and the one before is again afterwards. Its handle must be good (ContextUse).
class InContext {
 public:
  InContext(int number, int current) noexcept
      : is_pushed_{number != current},
        result_{is_pushed_ ? ask::push_current(reinterpret_cast<CUcontext>(seen_context(number).handle))
                           : CUDA_SUCCESS} {}
  ~InContext() {
    CUcontext popped = nullptr;
    if (is_pushed_ && result_ == CUDA_SUCCESS) (void)ask::pop_current(&popped);
  }
  InContext(const InContext&) = delete;
  InContext& operator=(const InContext&) = delete;
  [[nodiscard]] CUresult result() const noexcept { return result_; }

 private:
  bool is_pushed_;
  CUresult result_;
};

}  // namespace weir::cuda

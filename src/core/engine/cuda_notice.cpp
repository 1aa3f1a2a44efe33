#include "core/engine/cuda_pools.hpp"

#include "core/engine/cuda_count.hpp"
#include "core/engine/operation.hpp"

namespace weir::engine {

void cuda_notice(std::string_view line) noexcept {
  const Caller caller = caller_of(__builtin_frame_address(0));
  ThreadState& self = t_self;
  if (is_kept_out(caller)) return;
  const Operation operation{self, caller};
  if (may_speak()) platform::say(line);
  if (counts_cuda()) warn(line);
}

}  // namespace weir::engine

// Floating-point arithmetic inside a program that may have set up its own.
#pragma once

namespace weir::platform {

/// While one of these lives, arithmetic rounds to the nearest and raises nothing, whatever the program has set; afterwards
/// its rounding, its traps and its sticky flags are as they were. The arithmetic belongs in a function that is not inlined:
/// compilers move it across the change of the control word otherwise.
class FloatState {
 public:
  FloatState() noexcept : before_{__builtin_ia32_stmxcsr()} { __builtin_ia32_ldmxcsr(kDefault); }
  ~FloatState() { __builtin_ia32_ldmxcsr(before_); }
  FloatState(const FloatState&) = delete;
  FloatState& operator=(const FloatState&) = delete;

 private:
  static constexpr unsigned kDefault = 0x1f80;  // all exceptions masked, round to nearest
  unsigned before_;
};

}  // namespace weir::platform

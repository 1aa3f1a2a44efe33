// Functions with every kind of frame, which call one another in whatever order a path says.
//
// A path is an array of steps; each function is given its own step and calls the function of the next one. Those written
// in assembler have frames of few and equal sizes, so that different paths put different frames at the same addresses,
// and the same functions with other contents of rbp: what a walk may not confuse.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::stack::torture {

struct Step {
  void (*run)(Step*);
  std::uintptr_t value;  ///< what a kind makes of it: rbp's new value, bytes of a variable frame, …
};

extern "C" {
void torture_bare_32(Step*);
void torture_bare_48(Step*);
void torture_bare_64(Step*);
void torture_saves_rbp(Step*);
void torture_saves_rbp_low(Step*);
void torture_changes_rbp(Step*);
void torture_points_rbp(Step*);
void torture_frame_pointer(Step*);
void torture_frame_pointer_64(Step*);
void torture_variable(Step*);
void torture_realigned_64(Step*);
void torture_realigned_128(Step*);
void torture_bottom(Step*);
void torture_undescribed(Step*);
void torture_undescribed_fp(Step*);
}

// A step is 16 bytes: its function, its value. %rdi is this function's own step.
#define TORTURE_NEXT "addq $16, %rdi\n call *(%rdi)\n"
#define TORTURE_FUNCTION(name, body) \
  asm(".text\n.p2align 4\n.weak " name "\n.type " name ", @function\n" name ":\n" body ".size " name ", .-" name "\n")
#define TORTURE_FRAME(name, body) TORTURE_FUNCTION(name, ".cfi_startproc\n" body ".cfi_endproc\n")

// No frame pointer, rbp left alone.
#define TORTURE_BARE(name, below, all)                                                       \
  TORTURE_FRAME(name, "subq $" below ", %rsp\n.cfi_def_cfa_offset " all "\n" TORTURE_NEXT \
                      "addq $" below ", %rsp\n.cfi_def_cfa_offset 8\nret\n")
TORTURE_BARE("torture_bare_32", "24", "32");
TORTURE_BARE("torture_bare_48", "40", "48");
TORTURE_BARE("torture_bare_64", "56", "64");

// Saves rbp as a compiler does that needs the register, at one place or another, and calls with it as it was.
#define TORTURE_SAVES(name, offset, from_cfa, change)                                                         \
  TORTURE_FRAME(name, "subq $24, %rsp\n.cfi_def_cfa_offset 32\nmovq %rbp, " offset "(%rsp)\n.cfi_offset 6, " \
                      from_cfa "\n" change TORTURE_NEXT "movq " offset "(%rsp), %rbp\n.cfi_restore 6\n"      \
                      "addq $24, %rsp\n.cfi_def_cfa_offset 8\nret\n")
TORTURE_SAVES("torture_saves_rbp", "16", "-16", "");
TORTURE_SAVES("torture_saves_rbp_low", "0", "-32", "");
// … and with a number in it, or with what looks like a frame pointer.
TORTURE_SAVES("torture_changes_rbp", "16", "-16", "movq 8(%rdi), %rbp\n");
TORTURE_SAVES("torture_points_rbp", "8", "-24", "movq 8(%rdi), %rbp\naddq %rsp, %rbp\n");

#define TORTURE_POINTER(name, room)                                                                            \
  TORTURE_FRAME(name, "pushq %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset 6, -16\nmovq %rsp, %rbp\n"             \
                      ".cfi_def_cfa_register 6\nsubq " room ", %rsp\n" TORTURE_NEXT "leave\n.cfi_def_cfa 7, 8\nret\n")
TORTURE_POINTER("torture_frame_pointer", "$16");
TORTURE_POINTER("torture_frame_pointer_64", "$48");
TORTURE_POINTER("torture_variable", "8(%rdi)");

// As gcc realigns: the CFA is kept in the frame, 8 bytes below rbp.
#define TORTURE_REALIGNED(name, mask)                                                                       \
  TORTURE_FRAME(name, "leaq 8(%rsp), %r10\n.cfi_def_cfa 10, 0\nandq $" mask ", %rsp\npushq -8(%r10)\n"      \
                      "pushq %rbp\nmovq %rsp, %rbp\n.cfi_escape 0x10,0x6,0x2,0x76,0x0\npushq %r10\n"        \
                      ".cfi_escape 0xf,0x3,0x76,0x78,0x6\nsubq $24, %rsp\n" TORTURE_NEXT                   \
                      "addq $24, %rsp\npopq %r10\n.cfi_def_cfa 10, 0\nmovq %rbp, %rsp\npopq %rbp\n"         \
                      "leaq -8(%r10), %rsp\n.cfi_def_cfa 7, 8\nret\n")
TORTURE_REALIGNED("torture_realigned_64", "-64");
TORTURE_REALIGNED("torture_realigned_128", "-128");

// As the first function of a thread: it says that nobody called it.
TORTURE_FRAME("torture_bottom", ".cfi_undefined 16\npushq %rbp\nsubq $16, %rsp\nxorl %ebp, %ebp\n" TORTURE_NEXT
                                "addq $16, %rsp\npopq %rbp\nret\n");

// Without call frame information, as code has it that a program makes at run time.
TORTURE_FUNCTION("torture_undescribed", "subq $24, %rsp\n" TORTURE_NEXT "addq $24, %rsp\nret\n");
TORTURE_FUNCTION("torture_undescribed_fp", "pushq %rbp\nmovq %rsp, %rbp\nsubq $16, %rsp\n" TORTURE_NEXT "leave\nret\n");

#undef TORTURE_NEXT
#undef TORTURE_FUNCTION
#undef TORTURE_FRAME
#undef TORTURE_BARE
#undef TORTURE_SAVES
#undef TORTURE_POINTER
#undef TORTURE_REALIGNED

inline volatile int g_after = 0;
/// Calls the next step, and is no tail call.
[[gnu::always_inline]] inline void go_on(Step* step) {
  step[1].run(step + 1);
  g_after = g_after + 1;
}

// The same as compilers write them.
[[gnu::noinline]] inline void compiled(Step* step) { go_on(step); }
[[gnu::noinline, gnu::optimize("no-omit-frame-pointer")]] inline void compiled_frame_pointer(Step* step) { go_on(step); }
[[gnu::noinline]] inline void compiled_variable(Step* step) {
  auto* room = static_cast<volatile char*>(__builtin_alloca(step->value % 64 + 1));
  room[0] = 1;
  go_on(step);
  g_after = g_after + room[0];
}
template <std::size_t kAlign>
[[gnu::noinline]] void compiled_realigned(Step* step) {
  alignas(kAlign) volatile char room[kAlign];
  room[0] = 1;
  go_on(step);
  g_after = g_after + room[0];
}
[[gnu::noinline]] inline void compiled_realigned_variable(Step* step) {
  alignas(64) volatile char room[64];
  auto* more = static_cast<volatile char*>(__builtin_alloca(step->value % 128 + 1));
  room[0] = 1;
  more[0] = 1;
  go_on(step);
  g_after = g_after + room[0] + more[0];
}
[[gnu::noinline]] inline void compiled_huge(Step* step) {
  volatile char room[9000];
  room[0] = 1;
  go_on(step);
  g_after = g_after + room[0];
}
/// More values live across the call than there are other registers.
[[gnu::noinline]] inline void compiled_busy(Step* step) {
  const std::uintptr_t v = step->value;
  volatile std::uintptr_t in = v;
  const std::uintptr_t a = in + v, b = in * v, c = in ^ v, d = in - v, e = in | v, f = in & v, g = in + 3 * v;
  go_on(step);
  g_after = static_cast<int>(a + 2 * b + 3 * c + 5 * d + 7 * e + 11 * f + 13 * g);
}

}  // namespace weir::stack::torture

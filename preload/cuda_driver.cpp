// The driver's functions as this library exports them: each is a jump to its wrapper, which then finds the stack as the
// caller left it.
//
// Until it is known where to, the jump leads to a stub, which asks with all arguments kept: the function may be one of the
// program's own that only has the name of a driver's, with whatever arguments.
#ifdef WEIR_CUDA
#include "core/cuda/cuda.hpp"

asm(R"(
.text
.type weir_cuda_ask, @function
weir_cuda_ask:  # pushed: row, entry; below them the return address
  .cfi_startproc
  .cfi_adjust_cfa_offset 16
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  pushq %rdx
  .cfi_adjust_cfa_offset 8
  pushq %rcx
  .cfi_adjust_cfa_offset 8
  pushq %r8
  .cfi_adjust_cfa_offset 8
  pushq %r9
  .cfi_adjust_cfa_offset 8
  pushq %rax
  .cfi_adjust_cfa_offset 8
  subq $128, %rsp
  .cfi_adjust_cfa_offset 128
  movaps %xmm0, (%rsp)
  movaps %xmm1, 16(%rsp)
  movaps %xmm2, 32(%rsp)
  movaps %xmm3, 48(%rsp)
  movaps %xmm4, 64(%rsp)
  movaps %xmm5, 80(%rsp)
  movaps %xmm6, 96(%rsp)
  movaps %xmm7, 112(%rsp)
  movq 192(%rsp), %rdi
  movq 200(%rsp), %rsi
  movq 184(%rsp), %rdx
  call weir_enter_linked
  movq %rax, %r11
  movaps (%rsp), %xmm0
  movaps 16(%rsp), %xmm1
  movaps 32(%rsp), %xmm2
  movaps 48(%rsp), %xmm3
  movaps 64(%rsp), %xmm4
  movaps 80(%rsp), %xmm5
  movaps 96(%rsp), %xmm6
  movaps 112(%rsp), %xmm7
  addq $128, %rsp
  .cfi_adjust_cfa_offset -128
  popq %rax
  .cfi_adjust_cfa_offset -8
  popq %r9
  .cfi_adjust_cfa_offset -8
  popq %r8
  .cfi_adjust_cfa_offset -8
  popq %rcx
  .cfi_adjust_cfa_offset -8
  popq %rdx
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  addq $16, %rsp
  .cfi_adjust_cfa_offset -16
  jmp *%r11
  .cfi_endproc
.size weir_cuda_ask, . - weir_cuda_ask
.set weir_cuda_row, 0
.section .data.weir_cuda_entries, "aw"
.balign 8
.globl weir_cuda_entries
.hidden weir_cuda_entries
weir_cuda_entries:
)");

#define DRIVER_FN(symbol, base, since, stream, takes, body)                                                  \
  asm(".text\n.globl " #symbol "\n.type " #symbol ", @function\n" #symbol                                    \
      ":\n.cfi_startproc\n"                                                                                  \
      "jmp *weir_cuda_entry_" #symbol                                                                        \
      "(%rip)\n"                                                                                             \
      "weir_cuda_ask_" #symbol                                                                               \
      ":\n"                                                                                                  \
      "pushq $weir_cuda_row\n.cfi_adjust_cfa_offset 8\n"                                                     \
      "leaq weir_cuda_entry_" #symbol                                                                        \
      "(%rip), %r11\n"                                                                                       \
      "pushq %r11\n.cfi_adjust_cfa_offset 8\n"                                                               \
      "jmp weir_cuda_ask\n"                                                                                  \
      ".cfi_endproc\n.size " #symbol ", . - " #symbol                                                        \
      "\n"                                                                                                   \
      ".section .data.weir_cuda_entries, \"aw\"\nweir_cuda_entry_" #symbol ":\n.quad weir_cuda_ask_" #symbol \
      "\n.text\n"                                                                                            \
      ".set weir_cuda_row, weir_cuda_row + 1\n");
#include "core/cuda/functions.inc"
#undef DRIVER_FN
#endif

// The driver's functions as this library exports them: each is a jump to its wrapper, which then finds the stack as the
// caller left it.
#ifdef WEIR_CUDA
asm(".text\n.set weir_cuda_row, 0\n");
#define DRIVER_FN(symbol, base, since, stream, body)               \
  asm(".globl " #symbol "\n.type " #symbol ", @function\n" #symbol \
      ":\n.cfi_startproc\n"                                        \
      "jmp *weir_cuda_linked + 8 * weir_cuda_row(%rip)\n"          \
      ".cfi_endproc\n.size " #symbol ", . - " #symbol              \
      "\n"                                                         \
      ".set weir_cuda_row, weir_cuda_row + 1\n");
#include "core/cuda/functions.inc"
#undef DRIVER_FN
#endif

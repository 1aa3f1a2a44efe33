// dlsym and dlopen, which are asked for the driver.
//
// Both jump to the real function with the stack as their caller left it: the loader looks at the return address to know who
// asks (RTLD_NEXT, RTLD_DEFAULT, $ORIGIN, the caller's namespace). What is not ours costs a few instructions more. Both
// have the two versions that glibc gives them, so that other interposers find them, too.
#ifdef WEIR_CUDA
#include "core/cuda/cuda.hpp"

static_assert(sizeof(weir_answer) == 16);  // comes back in rax and rdx

// A call on the way, after which the arguments of the function are as they were. Its third argument is the return address.
asm(R"(
.macro weir_aside function
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  movq 24(%rsp), %rdx
  call \function
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
.endm

.macro weir_begin_function name
  .text
  .globl weir_\name, weir_\name\()_2_34, weir_\name\()_2_2_5
  .hidden weir_\name
  .type weir_\name, @function
  .type weir_\name\()_2_34, @function
  .type weir_\name\()_2_2_5, @function
  .symver weir_\name\()_2_34, \name\()@@GLIBC_2.34, remove
  .symver weir_\name\()_2_2_5, \name\()@GLIBC_2.2.5, remove
  .balign 16
weir_\name:
weir_\name\()_2_34:
weir_\name\()_2_2_5:
  .cfi_startproc
.endm

.macro weir_end_function name
  .cfi_endproc
  .size weir_\name, . - weir_\name
  .size weir_\name\()_2_34, . - weir_\name
  .size weir_\name\()_2_2_5, . - weir_\name
.endm
)");

// void* dlsym(void* handle, const char* name): a name that begins with "cu", but for RTLD_NEXT, is judged.
asm(R"(
weir_begin_function dlsym
  cmpl $0, weir_scan_pending(%rip)
  jne 5f
1:
  cmpq $-1, %rdi
  je 2f
  testq %rsi, %rsi
  je 2f
  cmpb $'c', (%rsi)
  jne 2f
  cmpb $'u', 1(%rsi)
  je 3f
2:
  cmpq $0, weir_real_dlsym(%rip)
  je 4f
  jmp *weir_real_dlsym(%rip)
3:
  weir_aside weir_answer_dlsym
  testq %rdx, %rdx
  je 2b
  ret
4:
  weir_aside weir_find_loader
  jmp *weir_real_dlsym(%rip)
5:
  weir_aside weir_scan_objects
  jmp 1b
weir_end_function dlsym
)");

// void* dlopen(const char* path, int flags): RTLD_DEEPBIND, 8, is noted, and may be taken away.
asm(R"(
weir_begin_function dlopen
  cmpl $0, weir_scan_pending(%rip)
  jne 4f
1:
  testl $8, %esi
  jne 3f
2:
  cmpq $0, weir_real_dlopen(%rip)
  je 5f
  jmp *weir_real_dlopen(%rip)
3:
  weir_aside weir_begin_deepbind
  movl %eax, %esi
  jmp 2b
4:
  weir_aside weir_scan_objects
  jmp 1b
5:
  weir_aside weir_find_loader
  jmp *weir_real_dlopen(%rip)
weir_end_function dlopen
)");
#endif

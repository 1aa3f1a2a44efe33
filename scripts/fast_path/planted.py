"""Libraries to put in front of libweir.so, for the self-test: their malloc does one thing more."""
import contextlib
import pathlib
import subprocess
import tempfile

MALLOC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
static void* (*g_next)(size_t);
static volatile long g_words[16] __attribute__((aligned(64)));
static __thread volatile long t_word __attribute__((tls_model("initial-exec")));
void* malloc(size_t bytes) {
  if (g_next == NULL) g_next = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  PLANTED
  return g_next(bytes);
}
"""
NO_PTRACE = """
#include <errno.h>
long ptrace(int request, ...) { errno = EPERM; return -1; }
"""

# What malloc does more, and the complaint that must come of it.
ROWS = [
    ('__asm__ volatile("lock addl $1, %0" : "+m"(g_words[0]));', "elsewhere: locked 1,"),
    ("__atomic_exchange_n(&g_words[0], 1, __ATOMIC_SEQ_CST);", "elsewhere: locked 1,"),
    ('__asm__ volatile("mfence");', "elsewhere: fences 1,"),
    ("g_words[0] = (long)(100 / (bytes + g_words[1]));", "elsewhere: divisions 1,"),
    ('__asm__ volatile("syscall" : : "a"(39) : "rcx", "r11", "memory");', "elsewhere: syscalls 1,"),
    ('__asm__ volatile("lea 1f(%%rip), %%rax\\n jmp *%%rax\\n 1:" : : : "rax");', "elsewhere: indirect"),
    ('__asm__ volatile("call 1f\\n jmp 2f\\n 1: ret\\n 2:");', "elsewhere: calls"),
    ('__asm__ volatile("mov $8, %%ecx\\n 1: dec %%ecx\\n jnz 1b" : : : "rcx");', "elsewhere: branches"),
    ('__asm__ volatile("mov $8, %%ecx\\n 1: dec %%ecx\\n jnz 1b" : : : "rcx");', "elsewhere: taken"),
    ("for (int i = 0; i != 8; ++i) (void)g_words[i];", "elsewhere: loads"),
    ("for (int i = 0; i != 8; ++i) g_words[i] = i;", "elsewhere: stores"),
    ("for (int i = 0; i != 8; ++i) t_word = i;", "elsewhere: tls"),
    ('__asm__ volatile(".rept 30\\n nop\\n .endr");', "all: instructions"),
    ("g_words[0] = 1;", "lines written: shared 1,"),
]


def malloc_with(planted):
    return MALLOC.replace("PLANTED", planted)


@contextlib.contextmanager
def library(text):
    with tempfile.TemporaryDirectory() as folder:
        source, built = pathlib.Path(folder) / "first.c", pathlib.Path(folder) / "first.so"
        source.write_text(text)
        subprocess.run(["gcc", "-O1", "-fPIC", "-shared", "-w", source, "-o", built, "-ldl"], check=True)
        yield built

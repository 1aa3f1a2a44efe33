#!/usr/bin/env python3
"""A library is closed and another comes to the same addresses, with other frames: every stack is right in both."""
import subprocess

import lab

# The same instructions at the same offsets, whatever the sizes of the frames: only their operands differ.
LIBRARY = r"""
#include <stdlib.h>
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FRAME(name, room, call)                                                                           \
  asm(".text\n.globl " name "\n.type " name ", @function\n" name ":\n.cfi_startproc\n"                    \
      ".byte 0x48, 0x81, 0xec\n.long " TEXT(room) "\n.cfi_def_cfa_offset 8+" TEXT(room) "\n" call "\n"    \
      ".byte 0x48, 0x81, 0xc4\n.long " TEXT(room) "\n.cfi_def_cfa_offset 8\nret\n.cfi_endproc\n"          \
      ".size " name ", .-" name "\n")
#define NAMED(suffix) TEXT(NAME) suffix
FRAME(NAMED("_inner"), INNER, "call *%rdi");
FRAME(NAMED("_outer"), OUTER, "call " NAMED("_inner@PLT"));
void JOIN(NAME, _outer)(void (*function)(void));
"""
FRAMES = {"alpha": (24, 56), "gamma": (232, 24), "omega": (40, 40)}  # inner and outer; + 8: a multiple of 16

PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#define NOINLINE __attribute__((noinline))
static void* volatile kept;
NOINLINE static void lose(void) { kept = malloc(100); }
static void* use(const char* path, const char* name) {
  void* library = dlopen(path, RTLD_NOW);
  void (*outer)(void (*)(void)) = library == NULL ? NULL : (void (*)(void (*)(void)))dlsym(library, name);
  if (outer == NULL) exit(1);
  for (int i = 0; i < 50; ++i) outer(lose);
  dlclose(library);
  return (void*)outer;
}
NOINLINE static void* phase_one(void) { void* at = use(FOLDER "/alpha.so", "alpha_outer"); kept = at; return at; }
NOINLINE static void* phase_two(void) { void* at = use(FOLDER "/gamma.so", "gamma_outer"); kept = at; return at; }
int main(void) {
  for (int i = 0; i < 20; ++i)
    if (phase_one() != phase_two()) return 3;
  return 0;
}
"""


def compile(folder, name, text, *options):
    source, out = folder / f"{name}.c", folder / name
    source.write_text(text)
    done = subprocess.run(["cc", "-O1", "-g", "-fno-builtin", "-fno-optimize-sibling-calls", *options, str(source), "-o", str(out)],
                          capture_output=True, text=True)
    lab.expect(done.returncode == 0, f"cc fails: {done.stderr}")
    return out


def compile_library(folder, name, more=""):
    inner, outer = FRAMES[name]
    return compile(folder, f"{name}.so", LIBRARY + more, "-shared", "-fPIC", f"-DNAME={name}", f"-DINNER={inner}", f"-DOUTER={outer}")


def expect_stacks(profile, phase, middle, blocks):
    """Of the stacks that begin with the first of these functions, those through `phase` go on with the others and end in
    main; together they have so many blocks."""
    stacks = [([lab.plain(frame["function"]) for frame in site["frames"]], site["allocated_blocks"]) for site in profile.sites]
    through = [(names, count) for names, count in stacks if phase in names and names[0] != "malloc"]
    stacks = [(names, count) for names, count in stacks if names[0] == middle[0]]
    right = [count for names, count in stacks if names[:len(middle)] == middle and phase in names and names.index("main") > names.index(phase)]
    found = sum(count for names, count in stacks if phase in names)
    lab.expect(found == sum(right) == blocks, f"{phase}: {sum(right)} of {found} blocks with the right stack, not {blocks}; others: {through[:4]}")


def body(laboratory, _programs):
    compile_library(laboratory.folder, "alpha")
    compile_library(laboratory.folder, "gamma")
    program = compile(laboratory.folder, "program", PROGRAM, "-ldl", f'-DFOLDER="{laboratory.folder}"')
    outcome = laboratory.run("preload", [program])
    if outcome.status == 3:
        lab.skip("the second library did not come to the place of the first")
    lab.expect(outcome.status == 0, f"ended with {outcome.status}: {outcome.stderr!r}")
    profile = outcome.parent
    expect_stacks(profile, "phase_one", ["lose", "alpha_inner", "alpha_outer", "use", "phase_one"], 20 * 50)
    expect_stacks(profile, "phase_two", ["lose", "gamma_inner", "gamma_outer", "use", "phase_two"], 20 * 50)


if __name__ == "__main__":
    lab.scenario(body)

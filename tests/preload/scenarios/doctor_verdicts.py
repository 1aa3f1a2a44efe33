#!/usr/bin/env python3
"""`weir doctor` about how a program was built: each verdict is held against what a run of that program records."""
import lab
from doctor_lab import C, CXX, Doctor

OWN_MALLOC = """#include <stddef.h>
#include <stdio.h>
VISIBILITY static char pool[1 << 22];
static size_t at;
#ifdef __cplusplus
extern "C" {
#endif
PLACE void* malloc(size_t n) { at = (at + 15) & ~15ul; void* p = pool + at; at += n; return p; }
PLACE void free(void* p) { (void)p; }
PLACE void* calloc(size_t a, size_t b) { return malloc(a * b); }
PLACE void* realloc(void* p, size_t n) { (void)p; return malloc(n); }
#ifdef __cplusplus
}
#endif
int main() { volatile char* a = (char*)malloc(1000); *a = 1; MORE puts("done"); return 0; }
"""
NEW = "volatile char* b = new char[77]; *b = 1;"
EXPORTED = ("-DVISIBILITY=", "-DPLACE=__attribute__((visibility(\"default\")))")
HIDDEN = ("-DVISIBILITY=", "-DPLACE=__attribute__((visibility(\"hidden\")))")
FOREIGN = "void* je_malloc(unsigned long n) { static char pool[4096]; return n < 4096 ? pool : 0; }\n"


def plain(doctor):
    program = doctor.build("plain")
    said = doctor.expect([program], "yes")
    lab.expect(said["findings"] == [], f"a plain program has findings: {said}")
    doctor.agrees([program], "yes", 1123)


def not_loaded(doctor):
    for name, flags, compiler, finding in (("static", ["-static"], "cc", "static"), ("static_pie", ["-static-pie"], "cc", "static_pie"),
                                           ("musl", [], "musl-gcc", "musl"), ("musl_static", ["-static"], "musl-gcc", "static")):
        program = doctor.build(name, *flags, compiler=compiler)
        if program is None:
            print(f"left out: {name}, which {compiler} does not build here")
            continue
        doctor.expect([program], "no", finding, "error")
        doctor.agrees([program], "no", 0)


def allocators(doctor):
    # Its own malloc is the first in the loader's order; C++'s new is still weir's.
    c = doctor.build("own", *EXPORTED, "-DMORE=", source=OWN_MALLOC)
    doctor.expect([c], "no", "own_allocator", "error")
    doctor.agrees([c], "no", 0)
    cxx = doctor.build("own_cxx", *EXPORTED, f"-DMORE={NEW}", source=OWN_MALLOC, compiler="c++")
    doctor.expect([cxx], "partly", "own_allocator", "warning", "operator new")
    doctor.agrees([cxx], "partly", 77)
    # Hidden, it serves its own code only.
    hidden = doctor.build("hidden", *HIDDEN, f"-DMORE={NEW}", source=OWN_MALLOC, compiler="c++")
    doctor.expect([hidden], "partly", "own_allocator", "warning", "inside")
    doctor.agrees([hidden], "partly", 77)

    static = doctor.build("jemalloc_static", "-Wl,--no-as-needed", "-l:libjemalloc.a", "-lm", "-lstdc++", "-lpthread", "-ldl")
    if static:
        doctor.expect([static], "no", "own_allocator", "error", "jemalloc")
        doctor.agrees([static], "no", 0)
    shared = doctor.build("jemalloc_shared", "-Wl,--no-as-needed", "-l:libjemalloc.so.2")
    if shared:
        doctor.lacks(doctor.expect([shared], "yes", "library_allocator", "info", "libjemalloc.so.2"), "allocator_calls")
        doctor.agrees([shared], "yes", 1123)
    calls = doctor.build("jemalloc_calls", "-l:libjemalloc.so.2",
                         source="void* mallocx(unsigned long, int); int main(void) { return mallocx(5000, 0) == 0; }\n")
    if calls:
        doctor.expect([calls], "partly", "allocator_calls", "warning", "mallocx")
    doctor.expect([doctor.build("foreign", source=FOREIGN + "int main(void) { return je_malloc(1) == 0; }\n")], "partly",
                  "own_allocator", "warning", "jemalloc")
    library = doctor.build("libforeign.so", "-shared", "-fPIC", source=FOREIGN)
    user = doctor.build("foreign_user", library, f"-Wl,-rpath,{library.parent}",
                        source="void* je_malloc(unsigned long); int main(void) { return je_malloc(1) == 0; }\n")
    doctor.expect([user], "partly", "library_own_allocator", "warning", "libforeign.so")


def sanitizers(doctor):
    for name, compiler, flags, verdict, finding, recorded in (
            ("asan_gcc", "gcc", ["-fsanitize=address"], "no", "sanitizer", 0),
            ("asan_gcc_static", "gcc", ["-fsanitize=address", "-static-libasan"], "no", "sanitizer", 0),
            ("asan_clang", "clang", ["-fsanitize=address"], "no", "sanitizer", 0),
            ("tsan_clang", "clang", ["-fsanitize=thread"], "no", "sanitizer", 0),
            ("msan_clang", "clang", ["-fsanitize=memory"], "no", "sanitizer", 0),
            ("lsan_clang", "clang", ["-fsanitize=leak"], "no", "sanitizer", 0),
            ("lsan_gcc", "gcc", ["-fsanitize=leak"], "no", "sanitizer", 0),
            ("tsan_gcc", "gcc", ["-fsanitize=thread"], "no", "sanitizer", 0),
            ("ubsan_gcc", "gcc", ["-fsanitize=undefined"], "yes", None, 1123)):
        program = doctor.build(name, *flags, compiler=compiler)
        if program is None:
            print(f"left out: {name}, which {compiler} does not build here")
            continue
        said = doctor.expect([program], verdict, finding)
        if finding is None:
            doctor.lacks(said, "sanitizer", "own_allocator")
        doctor.agrees([program], verdict, recorded)


def stacks(doctor):
    flags = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-O2"]
    doctor.expect([doctor.build("no_tables", *flags)], "partly", "no_unwind_tables", "warning")
    doctor.expect([doctor.build("no_lines", "-g0")], "yes", "no_lines", "warning")
    doctor.expect([doctor.build("stripped", "-s")], "yes", "stripped", "warning")
    for name, compiler, source in (("good_c", "cc", C), ("good_cxx", "c++", CXX)):
        said = doctor.expect([doctor.build(name, compiler=compiler, source=source)], "yes")
        lab.expect(said["findings"] == [], f"{name} has findings: {said}")


def body(laboratory, programs):
    doctor = Doctor(laboratory)
    for part in (plain, not_loaded, allocators, sanitizers, stacks):
        part(doctor)


lab.scenario(body)

#!/usr/bin/env python3
"""Holds libweir.so, and the object files of ours in it, to the shape that docs/inside.md promises.

    check_shape.py BUILD_DIR [--accept]   prints one line per violation, exits 1 when there is any;
                                          --accept rewrites preload/exports.golden and exports_cuda.golden
    check_shape.py --self-test            builds a library with each kind of violation and wants it found

The library: needs nothing beyond glibc; exports exactly preload/exports.golden, with the CUDA half also
preload/exports_cuda.golden; no text relocations; bound at
load, read-only after; a function that tells who called it (stack::Caller) is never left by a jump. Our objects (core and preload, not jemalloc): no static constructors or destructors but
tests/shape/constructors.allowed; no reference to a heap, to exceptions or to libstdc++ but
tests/shape/imports.allowed; thread-local storage of at most TLS_BYTES.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GLIBC = re.compile(r"^(libc\.so\.6|ld-linux-x86-64\.so\.2|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1)$")
GLIBC_OLDEST = (2, 17)
TLS_BYTES = 256
# References that need a heap, an unwinder or a C++ runtime while we may be inside malloc.
FORBIDDEN = re.compile(
    r"^(malloc|calloc|realloc|reallocarray|free|cfree|memalign|aligned_alloc|posix_memalign|valloc|pvalloc"
    r"|strdup|strndup|asprintf|vasprintf|getline|fopen|fdopen|printf|fprintf|puts|fputs|getenv|setenv|atexit"
    r"|_Zn[wa]\w*|_Zd[la]\w*|__cxa_\w+|__gxx_personality_v0|_Unwind_\w+|_ZS\w+|_ZNS[tabsiod]\w*|_ZNKS[tabsiod]\w*"
    r"|_ZSt\w+|_ZTVN10__cxxabiv1\w*|__libc_\w+|__dynamic_cast|__tls_get_addr)$")
CUDA_HALF = re.compile(r"cu[A-Z]|.*@")
INIT_SECTIONS = re.compile(r"\.(init_array|fini_array|ctors|dtors|preinit_array)\b")


def output(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def too_new(library):
    """Functions that a glibc older than the one it was built with does not have, or not in this version."""
    cache = library.parent.parent / "CMakeCache.txt"
    if cache.exists() and "WEIR_OLD_GLIBC:BOOL=OFF" in cache.read_text():
        return []
    undefined = set(re.findall(r"\*UND\*\s.*\bGLIBC_([\d.]+)\)?\s+(\w+)", output("objdump", "-T", library)))
    return [f"{library.name} needs {name} of glibc {version}: include core/base/old_glibc.hpp where it is called"
            for version, name in sorted(undefined) if tuple(map(int, version.split("."))) > GLIBC_OLDEST]


def allowed(name):
    """The first words of a list file; what follows on each line is the reason, and there must be one."""
    path = ROOT / "tests/shape" / name
    rows = [line.split(None, 1) for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    for row in rows:
        if len(row) < 2:
            sys.exit(f"check_shape: {path.name}: {row[0]} has no reason")
    return {row[0] for row in rows}


def exports(library):
    """Defined dynamic symbols, with their versions if they have any."""
    rows = (line.split() for line in output("nm", "-D", "--defined-only", library).splitlines())
    return sorted(row[-1] for row in rows if len(row) == 3 and row[1] != "A")


def library_problems(library, goldens):
    problems = []
    dynamic = output("readelf", "-dW", library)
    for needed in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if not GLIBC.match(needed):
            problems.append(f"{library.name} needs {needed}: nothing beyond glibc may be needed")
    problems += too_new(library)
    if "(TEXTREL)" in dynamic or re.search(r"\(FLAGS\).*TEXTREL", dynamic):
        problems.append(f"{library.name} has text relocations")
    if not re.search(r"BIND_NOW|\(FLAGS_1\).*NOW", dynamic):
        problems.append(f"{library.name} is not bound at load: link with -z now")
    if "GNU_RELRO" not in output("readelf", "-lW", library):
        problems.append(f"{library.name} has no RELRO segment: link with -z relro")
    found = exports(library)
    # mallocx and its like are ours (preload/host_other_apis.cpp); mallctl cannot be.
    leaked = [name for name in found if re.match(r"(je_|jemalloc|mallctl)", name) or "jemalloc" in name]
    if leaked:
        problems.append(f"{library.name} exports symbols of its private jemalloc: {' '.join(leaked)}")
    wanted = sorted(name for golden in goldens if golden.exists() for name in golden.read_text().split())
    files = " and ".join(golden.name for golden in goldens)
    problems += [f"+ {name}: exported, but not in {files}" for name in found if name not in wanted]
    problems += [f"- {name}: in {files}, but not exported" for name in wanted if name not in found]
    if found != wanted:
        problems.append(f"accept the exports with: scripts/check_shape.py {library.parent.parent.name} --accept")
    return problems


def accept(library, goldens):
    """The driver's names, and what has versions, belong to the CUDA half."""
    names = exports(library)
    halves = [[name for name in names if not CUDA_HALF.match(name)], [name for name in names if CUDA_HALF.match(name)]]
    for golden, half in zip(goldens, halves):
        golden.write_text("\n".join(half) + "\n")
        print(f"check_shape: {golden.relative_to(ROOT)} now lists {len(half)} symbols")


def left_frames(library):
    """Functions that jump to one that takes a stack::Caller: the frame in which the caller's rbp lies would be gone."""
    problems, function = [], ""
    for line in output("objdump", "-dC", "--no-show-raw-insn", library).splitlines():
        if head := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = head[1]
        elif (jump := re.search(r"\tj\w+ +[0-9a-f]+ <(.*stack::Caller.*)>$", line)) and "stack::Caller" not in function:
            problems.append(f"{function} jumps to {jump[1]}: it must stay() until that returns (engine.hpp)")
    return problems


def object_problems(objects, constructors, imports):
    problems, tls = [], 0
    for path in objects:
        name = path.name
        sections = output("readelf", "-SW", path)
        found = INIT_SECTIONS.search(sections)
        if found and name not in constructors:
            problems.append(f"{name}: has a static constructor or destructor ({found[0]}); "
                            "make the object constinit, or name it in tests/shape/constructors.allowed")
        for size in re.findall(r"\.t(?:bss|data)\S*\s+(?:NOBITS|PROGBITS)\s+\S+\s+\S+\s+([0-9a-f]+)", sections):
            tls += int(size, 16)
        for line in output("nm", "--undefined-only", path).splitlines():
            symbol = line.split()[-1]
            if FORBIDDEN.match(symbol) and symbol not in imports:
                problems.append(f"{name}: refers to {symbol}; if it must, give the reason in tests/shape/imports.allowed")
    if tls > TLS_BYTES:
        problems.append(f"thread-local storage of our objects is {tls} bytes; the ceiling is {TLS_BYTES}")
    return problems, tls


def own_objects(build):
    return sorted([*build.glob("src/CMakeFiles/core_*.dir/**/*.o"), *build.glob("preload/CMakeFiles/weir_preload*.dir/**/*.o")])


def self_test():
    """Each row: source, extra compiler words, what must be complained of."""
    rows = [
        ("#include <stdio.h>\n__attribute__((constructor)) void start(void) { puts(\"\"); }", [], "static constructor"),
        ("__attribute__((destructor)) void stop(void) {}", [], "static constructor or destructor (.fini_array"),
        ("#include <stdlib.h>\nvoid* take(void) { return malloc(8); }", [], "refers to malloc"),
        ("#include <stdlib.h>\nvoid take(void* p) { free(p); }", [], "refers to free"),
        ("__thread char state[300]; char* at(void) { return state; }", [], "thread-local storage"),
        ("struct S { S(); ~S(); }; S s;", ["-xc++"], "static constructor"),
        ("int* take() { return new int; }", ["-xc++"], "refers to _Znwm"),
        ("void fall() { throw 1; }", ["-xc++"], "refers to __cxa_throw"),
        ("#include <string>\nstd::string s(char c) { return std::string(99, c); }", ["-xc++"], "refers to _ZNS"),
        ("int planted_export;", [], "+ planted_export"),
        ("int je_malloc;", [], "private jemalloc"),
        ("int x;", ["-Wl,--no-as-needed", "-l:libz.so.1"], "needs libz"),
        ("#include <dlfcn.h>\nvoid* find(void) { return dlsym(0, \"x\"); }", [], "needs dlsym of glibc 2.34"),
        ("int x;", ["-Wl,-z,lazy"], "not bound at load"),
        ("int x;", ["-Wl,-z,norelro"], "no RELRO"),
        ("namespace stack { struct Caller { long* slot; }; }\n__attribute__((noinline)) void* take(stack::Caller c) { return *c.slot ? c.slot : 0; }\n"
         "void* hook() { return take({(long*)__builtin_frame_address(0) + 1}); }", ["-xc++", "-foptimize-sibling-calls"], "must stay()"),
        ('int here; __asm__(".section .rodata\\n.quad here\\n.text");', ["-Wl,-z,notext"], "text relocations"),
    ]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for number, (text, words, want) in enumerate(rows):
            source, obj, library = root / f"p{number}.c", root / f"p{number}.o", root / f"p{number}.so"
            source.write_text(text + "\n")
            compile_words = [word for word in words if word.startswith(("-x", "-f"))]
            link_words = [word for word in words if word not in compile_words]
            output("gcc", "-O1", "-fPIC", *compile_words, "-c", source, "-o", obj)
            linked = subprocess.run(["gcc", "-shared", obj, "-o", library, "-Wl,-z,now", *link_words],
                                    capture_output=True, text=True)
            problems, _ = object_problems([obj], set(), set())
            if linked.returncode == 0:
                problems += library_problems(library, [root / "exports.golden"]) + left_frames(library)
            if not any(want in problem for problem in problems):
                missed += 1
                print(f"self-test: '{want}' was not found: {problems} {linked.stderr}")
    print(f"self-test: {len(rows) - missed} of {len(rows)} planted violations found")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", type=pathlib.Path)
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    if options.build is None:
        parser.error("which build directory?")
    library, objects = options.build / "lib/libweir.so", own_objects(options.build)
    has_cuda = any("core_cuda.dir" in str(path) for path in objects)
    goldens = [ROOT / "preload/exports.golden", *[ROOT / "preload/exports_cuda.golden"] * has_cuda]
    if options.accept:
        accept(library, goldens)
    problems = library_problems(library, goldens) + left_frames(library)
    found, tls = object_problems(objects, allowed("constructors.allowed"), allowed("imports.allowed"))
    problems += found
    if not objects:
        problems.append(f"no object files of core or preload under {options.build}")
    print("\n".join(problems) if problems else
          f"check_shape: {len(exports(library))} exports, {len(objects)} objects, {tls} bytes of thread-local storage: as promised")
    return 1 if problems else 0


sys.exit(main())

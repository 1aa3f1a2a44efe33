#!/usr/bin/env python3
"""Sanitized programs run under weir as they run without: they start, find what they are there to find, end with the same
status, and the profile says that their malloc was left in place. Built by gcc and clang, the runtime linked in and shared."""
import os
import pathlib
import shutil
import subprocess

import lab

SOURCE = r"""
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
void* volatile kept;
static long shared;
__attribute__((noinline)) static void lose() { kept = malloc(300); kept = nullptr; }
int main(int count, char** words) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { for (int k = 0; k < 500; ++k) free(malloc(k)); });
  for (auto& thread : threads) thread.join();
  std::string* text = new std::string(100, 'a');
  try { throw std::runtime_error("thrown and caught, with a text of some length"); }
  catch (const std::exception& error) { printf("%zu, %s\n", text->size(), error.what()); }
  delete text;
  fflush(stdout);
  const std::string what = count > 1 ? words[1] : "";
  if (what == "leak") for (int i = 0; i < 10; ++i) lose();
  if (what == "use") { volatile char* block = (char*)malloc(10); free((void*)block); return block[2] + 1; }
  if (what == "race") {
    std::thread one([] { ++shared; }), two([] { ++shared; });
    one.join(); two.join();
  }
  return 0;
}
"""
BUILDS = (
    ("g++", "address", []), ("g++", "address", ["-static-libasan"]), ("g++", "thread", []), ("g++", "thread", ["-static-libtsan"]),
    ("g++", "leak", []), ("clang++", "address", []), ("clang++", "address", ["-shared-libsan"]), ("clang++", "thread", []),
    ("clang++", "memory", []), ("clang++", "leak", []),
)
FINDS = {"address": "use", "thread": "race", "leak": "leak", "memory": None}


def build(folder, compiler, sanitizer, flags):
    if not shutil.which(compiler):
        return None
    path = folder / "-".join([compiler, sanitizer, *flags])
    if "-shared-libsan" in flags:
        runtime = subprocess.run([compiler, "-print-file-name=libclang_rt.asan-x86_64.so"], capture_output=True, text=True).stdout.strip()
        flags = [*flags, f"-Wl,-rpath,{os.path.dirname(runtime)}"]
    done = subprocess.run([compiler, "-g", "-O1", f"-fsanitize={sanitizer}", *flags, "main.cpp", "-o", path, "-pthread"], cwd=folder, capture_output=True)
    return path if done.returncode == 0 else None


def check(laboratory, program, sanitizer, argument):
    command = [program, argument] if argument else [program]
    # Their own symbolizer is a program that would be recorded as well.
    quiet = {f"{name}_OPTIONS": "symbolize=0" for name in ("ASAN", "TSAN", "LSAN", "MSAN")}
    bare = laboratory.run("bare", command, dict(quiet))
    if argument is None and bare.status != 0:
        return print(f"left out: {program.name} does not run here: {bare.stderr[-200:]!r}")
    if argument is not None and bare.status == 0:
        return print(f"left out: {program.name} finds nothing here with {argument}")
    for mode in ("preload", "cli") if argument is None else ("preload",):
        here = f"{program.name} {argument or ''} ({mode})"
        seen = laboratory.run(mode, command, dict(quiet))
        lab.expect((seen.status, seen.stdout) == (bare.status, bare.stdout),
                   f"{here}: {seen.status} {seen.stdout}, without weir {bare.status} {bare.stdout}: {seen.stderr[-600:]}")
        heads = [[line.split(b"==")[-1] for line in out.stderr.splitlines() if line.startswith((b"SUMMARY", b"=="))] for out in (bare, seen)]
        lab.expect(len(heads[0]) == len(heads[1]), f"{here}: it says {heads[1]}, without weir {heads[0]}")
        lab.expect(len(seen.profiles) == 1, f"{here}: {len(seen.profiles)} profiles")
        warnings = seen.parent.coverage("warnings")
        lab.expect(any("keeps its own malloc" in line for line in warnings), f"{here}: coverage says {warnings}")
        lab.expect(seen.parent.host["allocated_blocks"] == 0, f"{here}: {seen.parent.host}")


def body(laboratory, _programs):
    (laboratory.folder / "main.cpp").write_text(SOURCE)
    built = 0
    for compiler, sanitizer, flags in BUILDS:
        program = build(laboratory.folder, compiler, sanitizer, flags)
        if program is None:
            print(f"left out: {compiler} builds nothing with -fsanitize={sanitizer} {' '.join(flags)}")
            continue
        built += 1
        check(laboratory, program, sanitizer, None)
        if FINDS[sanitizer]:
            check(laboratory, program, sanitizer, FINDS[sanitizer])
    lab.expect(built > 0, "no compiler builds sanitized programs here")

    # One that answers its runtime's question itself is run without weir.
    (laboratory.folder / "own.cpp").write_text('extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }\n' + SOURCE)
    done = subprocess.run(["g++", "-g", "-fsanitize=address", "own.cpp", "-o", "own", "-pthread"], cwd=laboratory.folder, capture_output=True)
    if done.returncode == 0:
        seen = laboratory.run("cli", [laboratory.folder / "own"])
        lab.expect(seen.status == 0 and b"100, thrown" in seen.stdout, f"with its own options: {seen.status} {seen.stderr}")
        lines = [line for line in seen.stderr.decode().splitlines() if line.startswith("weir:")]
        lab.expect(len(lines) == 1 and "insists on being the first" in lines[0], f"with its own options weir says {lines}")


lab.scenario(body)

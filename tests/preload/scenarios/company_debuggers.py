#!/usr/bin/env python3
"""Debuggers, tracers and valgrind on the process that weir is in: each can do its work, and the program ends as ever."""
import os
import shutil
import subprocess
import time

import lab

SOURCE = r"""
#include <stdexcept>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noinline)) static void lose(int blocks) { for (int i = 0; i < blocks; ++i) { volatile char* block = (char*)malloc(30); *block = 1; } }
__attribute__((noinline)) static void climb(int depth) { if (depth == 0) throw std::runtime_error("thrown"); climb(depth - 1); asm volatile(""); }
int main(int count, char** words) {
  if (count > 1) { for (;;) { lose(1); usleep(1000); } }
  lose(7);
  try { climb(5); } catch (const std::exception& error) { puts(error.what()); }
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) { lose(2); _exit(3); }
  int status = 0;
  waitpid(child, &status, 0);
  printf("child %d\n", WEXITSTATUS(status));
  return 4;
}
"""


def has(tool):
    if shutil.which(tool):
        return True
    print(f"left out: {tool} is not here")
    return False


def gdb(laboratory, program, *commands, arguments=()):
    """What gdb says; weir is in the program, not in gdb."""
    folder = laboratory.fresh_folder()
    words = ["gdb", "-nx", "-q", "-batch", "-ex", "set startup-with-shell off", "-ex", "set breakpoint pending on",
             "-ex", f"set environment LD_PRELOAD {laboratory.library}", "-ex", f"set environment WEIR_OUT {folder}/%p.weir"]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run([*words, *arguments, str(program)], cwd=folder, capture_output=True, text=True, timeout=100,
                          env=laboratory.environment(folder, {"DEBUGINFOD_URLS": ""}))
    return done.stdout + done.stderr, laboratory.profiles_in(folder)


def under_gdb(laboratory, program):
    if not has("gdb"):
        return
    said, profiles = gdb(laboratory, program, "run")
    if "thrown" not in said:
        return print(f"left out: gdb cannot trace here: {said[-300:]}")
    lab.expect("exited with code 04" in said, f"gdb, run: {said}")
    lab.expect(lab.live_over(profiles, "lose") == (270, 9), f"gdb, run: {lab.live_over(profiles, 'lose')}")

    said, profiles = gdb(laboratory, program, "break lose", "run", "print (int)malloc_usable_size(malloc(100)) >= 100", "break malloc", "continue",
                         "bt 3", "delete", "continue")
    lab.expect("= 1" in said, f"gdb, call malloc: {said}")
    lab.expect("lose" in said and "malloc" in said and "exited with code 04" in said, f"gdb, break malloc: {said}")
    lab.expect(lab.live_over(profiles, "lose") == (270, 9), f"gdb, break malloc: {lab.live_over(profiles, 'lose')}")

    said, _ = gdb(laboratory, program, "catch throw", "run", "bt", "continue")
    lab.expect(said.count("climb") >= 6 and "exited with code 04" in said, f"gdb, catch throw: {said}")
    said, profiles = gdb(laboratory, program, "set follow-fork-mode child", "set detach-on-fork on", "run")
    lab.expect("exited with code 03" in said, f"gdb, follow the child: {said}")


def attached(laboratory, program):
    if not has("gdb"):
        return
    process, folder = laboratory.start("preload", [program, "forever"])
    time.sleep(0.5)
    done = subprocess.run(["gdb", "-nx", "-q", "-batch", "-ex", "bt 3", "-ex", "print (long)malloc(10) != 0", "-ex", f"gcore {folder}/core", "-p", str(process.pid)],
                          cwd=folder, capture_output=True, text=True, timeout=100, env={**os.environ, "DEBUGINFOD_URLS": ""})
    time.sleep(0.2)
    still_runs = process.poll() is None
    process.kill()
    process.communicate()
    lab.expect(still_runs, f"gdb attached and left, and the program is gone: {done.stdout} {done.stderr}")
    if "$1 = 1" not in done.stdout:
        return print(f"left out: gdb cannot attach here: {done.stderr[-200:]}")
    lab.expect((folder / "core").exists(), f"gcore wrote nothing: {done.stdout} {done.stderr}")
    (profile,) = laboratory.profiles_in(folder)
    lab.expect(profile.live("lose")[1] > 0 and profile.report["errors"] == [], f"attached: {profile.live('lose')}")


def tracers(laboratory, program):
    for words in (["strace", "-f", "-o", "@DIR@/trace"], ["ltrace", "-o", "@DIR@/trace"], ["perf", "record", "-q", "-o", "@DIR@/perf"]):
        if not has(words[0]):
            continue
        bare = laboratory.run("bare", [*words, program])
        if bare.status != 4:
            print(f"left out: {words[0]} cannot trace here: {bare.stderr[-200:]!r}")
            continue
        inner = [*words, "env", f"LD_PRELOAD={laboratory.library}", "WEIR_OUT=@DIR@/%p.weir", program]
        seen = laboratory.run("bare", inner)
        lab.expect((seen.status, seen.stdout) == (4, bare.stdout), f"{words[0]}: {seen.status} {seen.stdout} {seen.stderr[-500:]}")
        found = lab.live_over(laboratory.profiles_in(seen.folder), "lose")
        lab.expect(found == (270, 9), f"{words[0]}: live through lose(): {found}")


def under_valgrind(laboratory, program):
    if not has("valgrind"):
        return
    for tool, more, is_recorded in (("memcheck", [], False), ("memcheck", ["--soname-synonyms=somalloc=nouserintercepts"], True), ("none", [], True)):
        words = ["valgrind", "-q", f"--tool={tool}", *more]
        bare = laboratory.run("bare", [*words, program])
        if bare.status != 4:
            print(f"left out: valgrind --tool={tool} does not run here: {bare.stderr[-200:]!r}")
            continue
        seen = laboratory.run("bare", [*words, program], {"LD_PRELOAD": laboratory.library, "WEIR_OUT": "@DIR@/%e.%p.weir"}, timeout=100)
        lab.expect((seen.status, seen.stdout) == (4, bare.stdout), f"valgrind {tool} {more}: {seen.status} {seen.stdout} {seen.stderr[-600:]}")
        own = [each for each in laboratory.profiles_in(seen.folder) if "memcheck" not in each.path.name and each.at("lose")]
        lab.expect(bool(own) == is_recorded, f"valgrind {tool} {more}: {len(own)} profiles with what it loses")
        if not is_recorded:
            warned = [each for each in laboratory.profiles_in(seen.folder) if any("valgrind" in line for line in each.coverage("warnings"))]
            lab.expect(warned, f"valgrind {tool}: no profile says whose malloc it is")


def body(laboratory, _programs):
    (laboratory.folder / "main.cpp").write_text(SOURCE)
    subprocess.run(["c++", "-g", "-O1", "-fno-builtin", "main.cpp", "-o", "main"], cwd=laboratory.folder, check=True)
    program = laboratory.folder / "main"
    for part in (under_gdb, attached, tracers, under_valgrind):
        part(laboratory, program)


lab.scenario(body)

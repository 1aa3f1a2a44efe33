#!/usr/bin/env python3
"""Core dumps are the program's own: made when and only when they would be, about as large, and of use to a debugger."""
import os
import resource
import shutil
import subprocess

import lab

# What weir's own pages may add: its variables, and jemalloc's first mapping of which little is in use.
MOST_MORE, MOST_MORE_ON_DISK = 32 << 20, 2 << 20

PROGRAMS = {"exit_segv.O2": "main", "exit_abort.O2": "main", "segv_overflow_in_malloc.O2": "overflow"}
UNLIMITED, NONE = "ulimit -c unlimited", "ulimit -S -c 0"


def dump(laboratory, mode, program, before, environment=None):
    """How the program ended, and its core file, or None."""
    process, folder = laboratory.start(mode, [program], environment, before)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    process.communicate()
    cores = [path for path in folder.iterdir() if path.name.startswith("core")]
    lab.expect(len(cores) <= 1, f"{mode}: several cores: {cores}")
    return status, cores[0] if cores else None


def probe(laboratory, programs):
    pattern = open("/proc/sys/kernel/core_pattern", encoding="utf-8").read().strip()
    if not pattern.startswith("core"):
        lab.skip(f"core dumps go elsewhere: core_pattern is {pattern}")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        lab.skip("core dumps are limited (ulimit -H -c)")
    if dump(laboratory, "bare", programs / "exit_segv.O2", UNLIMITED)[1] is None:
        lab.skip("no core dump is made here, even without weir")


def backtrace(program, core):
    """The functions that gdb finds on the crashed thread's stack."""
    words = ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "bt 30", str(program), str(core)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60).stdout


def check_size(mode, core, bare):
    more = core.st_size - bare.st_size
    lab.expect(more < MOST_MORE, f"{mode}: the core is {more} bytes longer than without weir")
    more = (core.st_blocks - bare.st_blocks) * 512
    lab.expect(more < MOST_MORE_ON_DISK, f"{mode}: the core takes {more} bytes more on disk than without weir")
    return more


def body(laboratory, programs):
    probe(laboratory, programs)
    for name, function in PROGRAMS.items():
        wanted, bare = dump(laboratory, "bare", programs / name, UNLIMITED)
        bare = os.stat(bare)
        for mode in ("preload", "sampled", "off"):
            how = ("preload", {"WEIR_RECORD": "off"}) if mode == "off" else (mode, {})
            status, core = dump(laboratory, how[0], programs / name, UNLIMITED, how[1])
            lab.expect(status == wanted and os.WCOREDUMP(status), f"{name}, {mode}: status {status:#x}, without weir {wanted:#x}")
            lab.expect(core is not None, f"{name}, {mode}: no core file")
            print(f"{name}, {mode}: {core.stat().st_size - bare.st_size} bytes longer, {check_size(mode, core.stat(), bare)} more on disk")
            if shutil.which("gdb"):
                text = backtrace(programs / name, core)
                lab.expect(f"{function} (" in text, f"{name}, {mode}: gdb does not find {function}() in its core: {text}")
        # Under `weir run` the program still dumps; weir itself, which ends with a status, does not.
        status, core = dump(laboratory, "cli", programs / name, UNLIMITED)
        lab.expect(core is not None and os.waitstatus_to_exitcode(status) == 128 + os.WTERMSIG(wanted), f"{name}, cli: {status:#x}, {core}")
        status, core = dump(laboratory, "preload", programs / name, NONE)
        lab.expect(not os.WCOREDUMP(status) and core is None, f"{name}: a core where none is wanted")
    if not shutil.which("gdb"):
        print("not asked of gdb, which is missing")


lab.scenario(body)

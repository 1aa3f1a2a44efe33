#!/usr/bin/env python3
"""Runs faults.cpp with and without weir and compares.

    run.py --driver FOLDER --program P --library L --free strict|deferred

The program itself says what is wrong (a code that nobody ordered, blocks that are lost, a day after that is not as good). Here:
where weir makes no calls of its own to a function, the program is told the same, step by step, as without weir; and a fault
in the first moments, while weir is still making its acquaintance with the driver, is no worse.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

ERRORS = ("OUT_OF_MEMORY", "999")


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.complaints, self.count = options, folder, [], 0

    def run(self, with_weir, words=(), more=None):
        self.count += 1
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("WEIR_", "LD_", "SIMCUDA_"))}
        keep |= {"LD_LIBRARY_PATH": self.options.driver, "SIMCUDA_DEVICES": "2", "SIMCUDA_CONTEXT_BYTES": "1M"}
        if with_weir:
            keep |= {"LD_PRELOAD": self.options.library, "WEIR_OUT": f"{self.folder}/{self.count}.weir", "WEIR_QUIET": "1",
                     "WEIR_DEVICE_FREE": self.options.free}
        what = f"{'weir' if with_weir else 'bare'} {len(words)} functions {more or ''}"
        try:
            done = subprocess.run([self.options.program, *words], env=keep | (more or {}), capture_output=True, text=True,
                                  errors="replace", timeout=60)
        except subprocess.TimeoutExpired:
            self.complaints.append(f"{what}: still running after 60 s")
            return []
        lines = done.stdout.splitlines()
        if done.returncode != 0 or any(line.startswith("WRONG") for line in lines):
            wrong = [line for line in lines if line.startswith("WRONG")][:5]
            self.complaints.append(f"{what}: ended with {done.returncode}: {wrong} {done.stderr[-500:]}")
        if "VIOLATION" in done.stderr:
            self.complaints.append(f"{what}: {done.stderr[-500:]}")
        return lines

    def functions(self, with_weir):
        """All functions of the driver that are called on an ordinary day."""
        log = f"{self.folder}/log.{with_weir}"
        self.run(with_weir, more={"SIMCUDA_LOG": log})
        return set(re.findall(r"\] (cu\w+)", open(log, encoding="utf-8", errors="replace").read()))


def told(lines):
    """Calls of each function on a day without faults, and what the program was told of each fault."""
    calls, answers = {}, collections.defaultdict(list)
    for line in lines:
        if found := re.match(r"calls (\w+) (\d+)", line):
            calls[found[1]] = int(found[2])
        elif found := re.match(r"(cu\w+) \d+ \d+!?:", line):
            answers[found[1]].append(line)
    return calls, answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("driver", "program", "library", "free"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    for name in ("driver", "program", "library"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    with tempfile.TemporaryDirectory(prefix="weir-faults-") as folder:
        bench = Bench(options, folder)
        functions = sorted(bench.functions(False) | bench.functions(True))
        later = [name for name in functions if name != "cuInit"]
        (bare_calls, bare), (weir_calls, weir) = told(bench.run(False, later)), told(bench.run(True, later))
        same = [name for name in later if bare_calls.get(name, 0) == weir_calls.get(name, 0) != 0]
        for name in same:
            for one, other in zip(bare[name], weir[name]):
                # What follows a sticky error is as the pool finds it: a block that is idle needs no driver.
                # A call that finds no memory makes the pool give back, and is made once more: it may succeed then.
                is_helped = one.split()[2].rstrip(":!") == "2" and other.endswith(":")
                if one != other and "!" not in one.split(":")[0] and not is_helped:
                    bench.complaints.append(f"{name}: bare '{one}', under weir '{other}'")
        for name in functions:
            for nth in (1, 2):
                for error in ERRORS:
                    bench.run(True, more={"SIMCUDA_FAIL": f"{name}:{nth}={error}"})
        print(f"{len(later)} functions, {sum(len(lines) for lines in weir.values())} faults on a later day, "
              f"{len(functions) * 2 * len(ERRORS)} on the first; compared one by one: {', '.join(same)}")
        if not same:
            bench.complaints.append("nothing could be compared")
    for complaint in bench.complaints[:20]:
        print(complaint)
    return 1 if bench.complaints else 0


sys.exit(main())

#!/usr/bin/env python3
"""Runs the table of semantic cases under glibc and under weir, and compares them line by line.

    compare.py --library LIBWEIR --program SEMANTICS --record exact|off|sampled:BYTES

A difference must match a row of allowed.txt (a pattern and its reason); a row that matches none is stale.
"""
import argparse
import fnmatch
import os
import pathlib
import subprocess
import sys
import tempfile


def cases(program, environment):
    done = subprocess.run([program], env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"semantics ended with {done.returncode} under {environment or 'glibc'}: {done.stderr}\n{done.stdout[-500:]}")
    return [line.split(": ", 1) for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    for name in ("library", "program", "record"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    rows = (line.split(None, 1) for line in pathlib.Path(__file__).with_name("allowed.txt").read_text().splitlines()
            if line.strip() and not line.startswith("#"))
    allowed = dict(rows)
    record, _, every = options.record.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        weir = {"LD_PRELOAD": options.library, "WEIR_OUT": f"{folder}/s.weir", "WEIR_QUIET": "1", "WEIR_RECORD": record}
        if every:
            weir["WEIR_SAMPLE_EVERY"] = every
        glibc_cases, weir_cases = cases(options.program, {}), cases(options.program, weir)
    problems, used, differences = [], set(), 0
    for (name, wanted), (weir_name, found) in zip(glibc_cases, weir_cases):
        if name != weir_name:
            problems.append(f"the rows part at {name} / {weir_name}")
            break
        if wanted != found:
            matching = [pattern for pattern in allowed if fnmatch.fnmatchcase(name, pattern)]
            used.update(matching)
            differences += 1
            if not matching:
                problems.append(f"{name}: glibc {wanted}, weir {found}")
    if len(glibc_cases) != len(weir_cases):
        problems.append(f"{len(glibc_cases)} cases under glibc, {len(weir_cases)} under weir")
    problems += [f"{name}: allowed to differ, but does not" for name in allowed if name not in used]
    print("\n".join(problems[:100]) if problems else f"{len(glibc_cases)} cases; {differences} differ for a reason")
    return 1 if problems else 0


sys.exit(main())

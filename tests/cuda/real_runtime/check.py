#!/usr/bin/env python3
"""Runs a program that has NVIDIA's runtime in it against the simulated driver, under weir, and looks at every function that
the runtime asked the driver for.

    check.py --library LIBWEIR --spy SPY --driver FOLDER --table FUNCTIONS_INC [--golden FILE] [--accept] -- PROGRAM ARGS...

Wanted: each function of weir's table was answered with weir's wrapper, every other with the driver's own, cuGetExportTable
among them; the requests are those of the golden file (unless the toolkit is another); the program ends by itself.

The runtime asks the driver to prove itself, which a simulated one does not try: its calls then fail. The lookups come
before that.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

EXPORT_TABLES = "cuGetExportTable"


def table(path):
    """Bases that weir wraps."""
    return set(re.findall(r"^DRIVER_FN(?:_LIGHT)?\(\w+, (\w+),", path.read_text(), re.M))


def run(options, folder):
    log = pathlib.Path(folder) / "requests"
    environment = {**os.environ, "SPY_LOG": str(log), "LD_PRELOAD": f"{options.spy}:{options.library}",
                   "LD_LIBRARY_PATH": f"{options.driver}:{os.environ.get('LD_LIBRARY_PATH', '')}",
                   "WEIR_OUT": f"{folder}/profile", "WEIR_QUIET": "1", **dict(word.split("=", 1) for word in options.env)}
    done = subprocess.run(options.program, env=environment, cwd=folder, capture_output=True, text=True, timeout=100)
    if done.returncode == 77:
        print(f"skipped: {done.stderr.strip()}")
        sys.exit(77)
    return done, [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def problems(done, requests, wrapped):
    found = []
    if done.returncode != 0:
        found.append(f"the program ended with {done.returncode}: {done.stderr[-500:]}")
    if len(requests) < 100:
        found.append(f"the runtime asked for {len(requests)} functions only")
    for name, version, flags, result, file in requests:
        if result != "0" or name == "-":
            continue
        wanted = "libweir.so" if name in wrapped else "libcuda.so.1"
        if file != wanted:
            found.append(f"{name}@{version} flags {flags} is of {file}, not of {wanted}")
    asked = {request[0] for request in requests}
    if EXPORT_TABLES not in asked:
        found.append(f"{EXPORT_TABLES} was not asked for: it must reach the driver untouched")
    if not {"cuMemAlloc", "cuMemFree", "cuMemAllocAsync", "cuMemHostAlloc", "cuMemAllocManaged"} <= asked:
        found.append("the runtime did not ask for what every runtime asks for")
    return found


def compare(requests, golden, accept):
    lines = [f"{name}@{version}{'*' if flags == '2' else ''}" for name, version, flags, _, _ in requests]
    if accept:
        golden.write_text("\n".join(lines) + "\n")
    known = golden.read_text().split()
    gone, new = [line for line in known if line not in lines], [line for line in lines if line not in known]
    return [f"the runtime asks for other functions than {golden.name} says: gone {gone}, new {new}"] if gone or new else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("library", "spy", "driver", "table"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--golden", type=pathlib.Path)
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("program", nargs="+")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done, requests = run(options, folder)
    found = problems(done, requests, table(options.table))
    if options.golden:
        found += compare(requests, options.golden, options.accept)
    print("\n".join(found) if found else f"{done.stdout.strip()}; {len(requests)} lookups, "
          f"{sum(request[4] == 'libweir.so' for request in requests)} answered with weir's wrappers")
    return 1 if found else 0


sys.exit(main())

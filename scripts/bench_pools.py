#!/usr/bin/env python3
"""Times patterns of device and pinned allocation: the driver alone, weir without pools, strict and deferred pools.

    bench_pools.py BUILD [--driver nothing|simcuda|system] [--rounds N] [--filter REGEX] [--trace FILE]

The trace is a log of the simulated driver (SIMCUDA_LOG), of whatever program: its allocations and frees of device memory
are done again, in the order of the log, by one thread.

BUILD is a build with benchmarks. The four run in turn, N rounds; a row is the median over the rounds, in nanoseconds for a
pair of allocation and free, and the driver's own time over that of deferred. Drivers: `nothing` does nothing, so what
is left is weir's own cost; `simcuda` is the simulated one (its times say nothing about a GPU); `system` is the machine's.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

MODES = {
    "driver": None,
    "recorded": {"WEIR_DEVICE_POOL": "off", "WEIR_PINNED_POOL": "off"},
    "strict": {"WEIR_DEVICE_FREE": "strict"},
    "deferred": {"WEIR_DEVICE_FREE": "deferred"},
}


ALLOCATED = re.compile(r" cuMemAlloc_v2 (\d+) bytes at (0x[0-9a-f]+) = CUDA_SUCCESS")
FREED = re.compile(r" cuMemFree_v2 (0x[0-9a-f]+) = CUDA_SUCCESS")


def write_trace(log, path):
    """The log as pool_bench reads it; what the program had not freed is freed at the end of a round."""
    numbers, steps = {}, []
    for line in log.open():
        if found := ALLOCATED.search(line):
            numbers[found[2]] = len(steps)
            steps.append(f"a {len(steps)} {found[1]}")
        elif (found := FREED.search(line)) and found[1] in numbers:
            steps.append(f"f {numbers.pop(found[1])}")
    path.write_text("\n".join(steps))
    print(f"trace: {len(steps)} calls, {len(numbers)} blocks never freed")


def run_once(build, driver, mode, options, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}
    if driver == "simcuda":
        environment["LD_LIBRARY_PATH"] = str(build / "tests/simcuda")
    elif driver == "system":
        environment["LD_LIBRARY_PATH"] = "/usr/lib/x86_64-linux-gnu:/usr/lib64"
    if options.trace:
        environment["POOL_BENCH_TRACE"] = str(folder / "trace")
    if mode is not None:
        environment |= mode | {"LD_PRELOAD": str(build / "lib/libweir.so"), "WEIR_QUIET": "1", "WEIR_OUT": str(folder / "bench.weir")}
    out = folder / "out.json"
    command = [str(build / "bench/pool_bench"), f"--benchmark_filter={options.filter}", f"--benchmark_min_time={options.seconds}",
               f"--benchmark_out={out}", "--benchmark_out_format=json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_pools: {' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    rows = {}
    for row in json.loads(out.read_text())["benchmarks"]:
        if "items_per_second" in row and row.get("run_type", "iteration") == "iteration":
            # Of threads the rates add up: the time for a pair is that of all of them together.
            rows[row["name"].removesuffix("/real_time")] = 1e9 / row["items_per_second"]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--driver", choices=["nothing", "simcuda", "system"], default="nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", default="0.2", help="at least so long for each row")
    parser.add_argument("--filter", default=".")
    parser.add_argument("--trace", type=pathlib.Path, help="replays this log, too")
    options = parser.parse_args()
    build = options.build.resolve()
    times = {mode: {} for mode in MODES}
    with tempfile.TemporaryDirectory() as folder:
        if options.trace:
            write_trace(options.trace, pathlib.Path(folder) / "trace")
        for number in range(options.rounds):
            for mode, variables in MODES.items():
                if sys.stderr.isatty():
                    print(f"\rround {number + 1} of {options.rounds}: {mode:9}", end="", file=sys.stderr)
                for name, ns in run_once(build, options.driver, variables, options, pathlib.Path(folder)).items():
                    times[mode].setdefault(name, []).append(ns)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    print(f"{'ns for a pair':34}" + "".join(f"{mode:>12}" for mode in MODES) + f"{'driver/deferred':>17}")
    for name in times["driver"]:
        medians = [statistics.median(times[mode][name]) for mode in MODES if name in times[mode]]
        if len(medians) == len(MODES):
            print(f"{name:34}" + "".join(f"{ns:12.0f}" for ns in medians) + f"{medians[0] / medians[-1]:16.1f}x")


if __name__ == "__main__":
    main()

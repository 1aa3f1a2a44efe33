#!/usr/bin/env python3
"""What the look for lost blocks costs as programs end.

    bench_leak_scan.py BUILD [--library FILE ...] [--rounds N] [--filter REGEX]

BUILD is a build with benchmarks; a program that is not there is left out. Each one runs with WEIR_LEAK_SCAN=off and then, with each library in turn
(BUILD's own where none is named), with the look; N rounds of that. A row: how long the look took by weir's own account, from
the copy of the process to the published verdicts (the median, and the least), what the whole run took longer than without
it (difference of the medians), and how much there was to see: roots in MiB, blocks. All in milliseconds.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/leaks"))
import compare  # noqa: E402
from verdicts import Verdicts  # noqa: E402


def programs(build, place):
    names = compare.prepare(place)
    found = {name: compare.filled_in(command, names) for name, command in compare.COMMANDS.items()}
    graph = str(build / "bench/graph")
    found |= {"graph, 1 M blocks": [graph, "1000000"], "graph, 5 M blocks": [graph, "5000000"], "graph, 5 M, half lost": [graph, "5000000", "lost"]}
    return {name: command for name, command in found.items() if shutil.which(command[0])}


def run_once(command, place, library, look):
    """Milliseconds from start to end, and the verdicts where there was a look."""
    environment = compare.ENVIRONMENT | {"LD_PRELOAD": library, "WEIR_OUT": f"{place}/profiles/%p.weir", "WEIR_LEAK_SCAN": "on" if look else "off"}
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.wait()
    took = (time.monotonic() - began) * 1e3
    verdicts = Verdicts(f"{place}/profiles/{process.pid}.weir") if look else None
    for file in (place / "profiles").iterdir():
        file.unlink()
    return took, verdicts


def measure(command, place, libraries, rounds):
    without, with_look = [], {library: [] for library in libraries}
    for _ in range(rounds):
        without.append(run_once(command, place, libraries[0], False)[0])
        for library in libraries:
            with_look[library].append(run_once(command, place, library, True))
    return statistics.median(without), with_look


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--library", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--filter", default=".")
    options = parser.parse_args()
    build = options.build.resolve()
    libraries = [os.path.abspath(one) for one in options.library] or [str(build / "lib/libweir.so")]
    print(f"{'':24}{'look':>9}{'least':>9}{'run':>9}{'roots MiB':>11}{'blocks':>11}   library")
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "profiles").mkdir()
        for name, command in programs(build, place).items():
            if not re.search(options.filter, name):
                continue
            bare, by_library = measure(command, place, libraries, options.rounds)
            for number, (_, runs) in enumerate(by_library.items()):
                looks = [verdicts.scan.took_ns / 1e6 for _, verdicts in runs]
                scan = runs[-1][1].scan
                more = statistics.median(took for took, _ in runs) - bare
                print(f"{name:24}{statistics.median(looks):9.2f}{min(looks):9.2f}{more:9.1f}{scan.root_bytes / 2**20:11.1f}{scan.blocks:11,}   {number + 1}", flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Compares what programs cost bare, under other allocators, under weir in each mode, and under other profilers.

    bench.py [--build DIR] [--rounds N] [--only WORD] [--out DIR]

Builds with -DWEIR_BENCH=ON in DIR (default build-bench), then runs every workload under every variant, taking turns
(all variants once, then again from another one on), and reports medians. Leaves in bench/results/: results.csv (every
single measurement), table.md (the targets, then all figures), ratios.svg and loops.svg (the same, drawn).
bench/README.md explains the numbers.
"""
import argparse
import csv
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from compare import plot, table, targets, variants, workloads  # noqa: E402
from compare.table import MICRO, Row  # noqa: E402

STARTS = 40  # processes per measurement of start-up
LOOPS = {"steady": "", "steady_fp": ", frame pointers"}
CASES = {"one": "one site", "turn": "16 sites in turn", "random": "16 sites at random", "paths": "64 paths walked anew",
         "new-old": "stacks never seen, other old frames", "new-young": "stacks never seen, other young frames",
         "again-old": "stacks last seen 131,072 pairs ago"}
FRAMED = {"one", "turn", "random"}  # the cases that are shown of the program with frame pointers


class Bench:
    """One run: where it builds and writes, and what it has seen so far."""

    def __init__(self, build, folder, options):
        self.build, self.folder, self.options = build, folder, options
        self.outputs, self.left_out = {}, set()

    def loops(self, program, variant):
        """A row for each case of one of the two micro benchmarks."""
        lines = self.folder / "loops"
        measured = variants.run([f"{self.build}/bench/{program}", lines, str(self.options.seconds)], variant.environment, self.build, self.folder)
        for line in lines.read_text().splitlines():
            case, depth, threads, nanoseconds = line.split()
            if program == "steady_fp" and (case not in FRAMED or threads != "1"):
                continue
            name = f"{CASES[case]}, depth {depth}{', 2 threads' if threads == '2' else ''}{LOOPS[program]}"
            yield MICRO, name, "ns", float(nanoseconds), measured.wall, 0, measured.files, 0

    def start(self, workload, variant):
        walls = []
        for _ in range(STARTS):
            measured = variants.run(workload.words, variant.environment, self.build, self.folder)
            variants.empty(self.folder)
            walls.append(measured.wall)
        yield workload.group, workload.name, "s", statistics.median(walls), sum(walls), measured.resident, measured.files, 0

    def program(self, workload, variant):
        measured = variants.run(workload.words, {**workload.environment, **variant.environment}, self.build, self.folder)
        if measured.output != self.outputs.setdefault(workload.name, measured.output):
            raise variants.Failed(f"{workload.name} printed something else")
        blocks = variants.allocations(self.build, self.folder) if variant.name == "weir exact" else 0
        yield workload.group, workload.name, "s", measured.cpu, measured.wall, measured.resident, measured.files, blocks

    def jobs(self):
        """(name, function of a variant that yields rows) for everything that was asked for."""
        found = [(f"loops {program}", lambda v, p=program: self.loops(p, v)) for program in LOOPS]
        for workload in workloads.real_programs(self.folder, self.build):
            measure = self.start if workload.group == workloads.START else self.program
            found.append((workload.name, lambda v, w=workload, m=measure: m(w, v)))
        return [(name, measure) for name, measure in found if self.options.only in name]

    def measure(self, name, job, variant, number):
        """The rows of one job; none where a rival fails. weir must not fail."""
        if (name, variant.name) in self.left_out or (variant.slow and number >= variants.SLOW_ROUNDS):
            return []
        try:
            return [Row(number, group, workload, variant.name, *rest) for group, workload, *rest in job(variant)]
        except variants.Failed as failed:
            if variant.ours or not variant.environment:
                sys.exit(f"bench.py: under {variant.name}: {failed}")
            print(f"bench.py: leaving out {name} under {variant.name}: {failed}", file=sys.stderr)
            self.left_out.add((name, variant.name))
            return []
        finally:
            variants.empty(self.folder)

    def run(self):
        rows, began = [], time.monotonic()
        jobs, ways = self.jobs(), variants.all_variants(self.build, self.folder)
        for number in range(self.options.rounds):
            turned = ways if number == 0 else ways[number % len(ways):] + ways[:number % len(ways)]
            for name, job in jobs:
                for variant in turned:
                    rows += self.measure(name, job, variant, number)
            print(f"bench.py: round {number + 1} of {self.options.rounds} done after {time.monotonic() - began:.0f} s", file=sys.stderr)
        order = {variant.name: place for place, variant in enumerate(ways)}
        return sorted(rows, key=lambda row: (row.round, order[row.variant]))


def build_all(build):
    with open(os.devnull, "w") as nowhere:
        for words in (["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DWEIR_BENCH=ON", "-DWEIR_TESTS=OFF"], ["cmake", "--build", build]):
            subprocess.run(words, check=True, stdout=nowhere)


def publish(rows, out):
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "results.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows([*row[:5], f"{row.value:.9g}", f"{row.wall:.6g}", *row[7:]] for row in rows)
    results = table.Results(rows)
    parts = [targets.target_table(results), table.real_table(results), table.micro_table(results), table.size_table(results)]
    text = "\n".join(line for part in parts for line in part)
    (out / "table.md").write_text(text)
    plot.draw(results, [workloads.TUNING, workloads.UNSEEN], MICRO, out)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-bench")
    parser.add_argument("--rounds", type=int, default=5, help="heaptrack takes part in the first two only")
    parser.add_argument("--seconds", type=float, default=0.1, help="for each case of a loop, in each round")
    parser.add_argument("--only", default="", help="what has this word in its name: 'loops', or a program's")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/results")
    options = parser.parse_args()
    build = options.build.resolve()
    build_all(build)
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        (pathlib.Path(folder) / "out").mkdir()
        rows = Bench(build, pathlib.Path(folder), options).run()
    print(publish(rows, options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares what programs cost bare, under plain jemalloc, under weir (recording off, exact) and under heaptrack.

    bench.py [--build DIR] [--rounds N] [--only WORD] [--out DIR]

Builds with -DWEIR_BENCH=ON in DIR (default build-bench), then runs every workload under every variant, taking
turns (all variants once, then again), and reports medians. Leaves in bench/results/: results.csv (every single
measurement), table.md (the ratios), ratios.svg (the same, drawn). bench/README.md explains the numbers.
"""
import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
VARIANTS = ["glibc", "jemalloc", "weir off", "weir exact", "heaptrack"]
COLOURS = {"glibc": "#9a9a9a", "jemalloc": "#7fb3d5", "weir off": "#7dcea0", "weir exact": "#1e8449", "heaptrack": "#e59866"}
STARTS = 40  # processes per measurement of start-up

SQL = """CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
  INSERT INTO item SELECT i, 'name ' || (i * 7919 % 10007), i % 97 / 3.0 FROM n;
CREATE INDEX item_name ON item(name);
SELECT count(*), sum(length(group_concat)) FROM (SELECT group_concat(name || price) AS group_concat FROM item GROUP BY id % 5000);
SELECT count(*) FROM item a JOIN item b USING (name) WHERE a.id < 5000;
"""
PYTHON = """import json
data = [{"id": i, "name": f"name {i * 7919 % 1009}", "tags": [str(j) for j in range(i % 7)]} for i in range(20000)]
for _ in range(6):
    data = json.loads(json.dumps(data))
print(len(data))
"""
GAWK = """BEGIN { for (r = 0; r < 3; r++) { delete a; for (i = 0; i < 300000; i++) a[i * 7919 % 100003] = a[i * 7919 % 100003] "x" i % 10;
  for (k in a) n += length(a[k]) } print n }"""
LUA = """local function tree(d) if d == 0 then return {} end return { tree(d - 1), tree(d - 1) } end
local function count(n) if not n[1] then return 1 end return 1 + count(n[1]) + count(n[2]) end
local total = 0 for i = 1, 12 do total = total + count(tree(15)) end print(total)
"""
CPP = """#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>
int main() { std::map<std::string, std::vector<std::function<int(int)>>> m; m["a"].push_back([](int i) { return i; });
  std::cout << m.size() << std::regex_match("abc", std::regex("[a-c]+")) << '\\n'; }
"""


class Workload:
    def __init__(self, name, words, environment=None, unit="s"):
        self.name, self.words, self.environment, self.unit = name, words, environment or {}, unit


def macro_workloads(folder):
    """The programs that are installed, with their input written to `folder`."""
    for name, text in (("work.sql", SQL), ("work.py", PYTHON), ("work.awk", GAWK), ("work.lua", LUA), ("work.cpp", CPP)):
        (folder / name).write_text(text)
    subprocess.run(["g++", "-std=c++20", "-E", folder / "work.cpp", "-o", folder / "work.ii"], check=True)
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], capture_output=True, text=True, check=True).stdout.strip()
    found = [
        Workload("sqlite3 in memory", ["sqlite3", ":memory:", f".read {folder}/work.sql"]),
        Workload("python3 json", ["/usr/bin/python3", f"{folder}/work.py"], {"PYTHONMALLOC": "malloc"}),
        Workload("gawk arrays", ["gawk", "-f", f"{folder}/work.awk"]),
        Workload("lua binary trees", ["lua5.4", f"{folder}/work.lua"]),
        Workload("g++ -O1 (cc1plus)", [compiler, "-quiet", "-std=c++20", "-O1", f"{folder}/work.ii", "-o", "/dev/null"]),
        Workload("start of /bin/true", ["/bin/true"], unit="ms"),
    ]
    return [workload for workload in found if shutil.which(workload.words[0])]


def prefix_of(variant, build, folder):
    """The words and variables in front of a command; None where the variant cannot run here."""
    weir = {"LD_PRELOAD": f"{build}/lib/libweir.so", "WEIR_OUT": f"{folder}/out/%e.%p.weir", "WEIR_QUIET": "1"}
    if variant == "jemalloc":
        return ([], {"LD_PRELOAD": JEMALLOC}) if os.path.exists(JEMALLOC) else None
    if variant == "weir off":
        return [], {**weir, "WEIR_RECORD": "off"}
    if variant == "weir exact":
        return [], weir
    if variant == "heaptrack":
        return (["heaptrack", "--raw", "-o", f"{folder}/out/heaptrack"], {}) if shutil.which("heaptrack") else None
    return [], {}


def run_once(words, environment, build, folder):
    """(seconds, peak resident bytes of the process started)."""
    variables = {("MEASURE_PRELOAD" if name == "LD_PRELOAD" else name): value for name, value in environment.items()}
    subprocess.run([f"{build}/bench/measure", f"{folder}/measured", *words], env={**os.environ, **variables}, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    nanoseconds, kib, status = map(int, (folder / "measured").read_text().split())
    if status != 0:
        sys.exit(f"bench.py: {' '.join(map(str, words))} ended with {status} under {environment}")
    return nanoseconds / 1e9, kib * 1024


def measure_macro(workload, variant, prefix, build, folder):
    words, environment = [*prefix[0], *workload.words], {**workload.environment, **prefix[1]}
    times = STARTS if workload.unit == "ms" else 1
    total, resident = 0.0, 0
    for _ in range(times):
        seconds, resident = run_once(words, environment, build, folder)
        total += seconds
        for left in (folder / "out").iterdir():
            left.unlink()
    value = total / times * (1000 if workload.unit == "ms" else 1)
    return [(workload.name, variant, workload.unit, value, resident if variant != "heaptrack" else 0)]


def measure_micro(build, variant, prefix, folder):
    """One short run of pair_bench: (name, nanoseconds) for each of its cases."""
    words = [*prefix[0], f"{build}/bench/pair_bench", "--benchmark_min_time=0.05", "--benchmark_format=json",
             f"--benchmark_out={folder}/pair.json", "--benchmark_out_format=json"]
    run_once(words, prefix[1], build, folder)
    for left in (folder / "out").iterdir():
        left.unlink()
    rows = json.loads((folder / "pair.json").read_text())["benchmarks"]
    for row in rows:
        if row.get("error_occurred"):
            sys.exit(f"bench.py: {row['name']}: {row['error_message']}")
    return [(micro_name(row["name"]), variant, "ns", row["real_time"], 0) for row in rows]


def micro_name(name):
    """Pair/20/64/real_time/threads:2 as words."""
    parts = [part for part in name.split("/") if part != "real_time"]
    kind = {"Pair": "pair", "PairSites": "pair, 8 sites", "PairPaths": "pair, 64 paths"}[parts[0]]
    size = f", {parts[2]} bytes" if len(parts) > 2 and parts[2].isdigit() and parts[2] != "64" else ""
    threads = ", 2 threads" if parts[-1] == "threads:2" else ""
    return f"{kind} at depth {parts[1]}{size}{threads}"


def collect(build, options):
    rows = []
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as text:
        folder = pathlib.Path(text)
        (folder / "out").mkdir()
        prefixes = {variant: prefix_of(variant, build, folder) for variant in VARIANTS}
        for variant in [name for name, prefix in prefixes.items() if prefix is None]:
            print(f"bench.py: leaving out {variant}: not installed", file=sys.stderr)
            del prefixes[variant]
        jobs = [lambda v, p, w=w: measure_macro(w, v, p, build, folder) for w in macro_workloads(folder) if options.only in w.name]
        if options.only in "pair":
            jobs.insert(0, lambda v, p: measure_micro(build, v, p, folder))
        for number in range(options.rounds):
            for job in jobs:
                for variant, prefix in prefixes.items():
                    rows += [(number, *row) for row in job(variant, prefix)]
            print(f"bench.py: round {number + 1} of {options.rounds} done", file=sys.stderr)
    return rows


def medians(rows):
    """workload → variant → (median, unit, median resident bytes), in order of appearance."""
    table = {}
    for _, workload, variant, unit, value, resident in rows:
        table.setdefault(workload, {}).setdefault(variant, []).append((value, unit, resident))
    return {workload: {variant: (statistics.median(v for v, _, _ in found), found[0][1], statistics.median(r for _, _, r in found))
                       for variant, found in variants.items()} for workload, variants in table.items()}


def write_table(table, path):
    present = [variant for variant in VARIANTS if any(variant in row for row in table.values())]
    lines = [f"| workload | {' | '.join(present)} | weir exact adds | weir off / jemalloc |", "|---" * (len(present) + 3) + "|"]
    for workload, row in table.items():
        base, unit, _ = row["glibc"]
        digits = {"s": 2, "ms": 2, "ns": 1}[unit]
        cells = [f"{row['glibc'][0]:.{digits}f} {unit}"] + [f"{row[v][0] / base:.2f}" if v in row else "" for v in present[1:]]
        added = row["weir exact"][0] - base
        off = row["weir off"][0] / row["jemalloc"][0] if "jemalloc" in row else float("nan")
        lines.append(f"| {workload} | {' | '.join(cells)} | {added:+.{digits}f} {unit} | {off:.2f} |")
    lines += ["", "Resident memory at its highest, MiB:", "", "| workload | glibc | jemalloc | weir off | weir exact | weir exact over jemalloc |", "|---" * 6 + "|"]
    for workload, row in table.items():
        if row["glibc"][2]:
            mib = [row[v][2] / 2**20 if v in row else 0 for v in VARIANTS[:4]]
            lines.append(f"| {workload} | {' | '.join(f'{value:.1f}' for value in mib)} | {mib[3] - mib[1]:+.1f} |")
    path.write_text("\n".join(lines) + "\n")
    return "\n".join(lines)


def draw(table, path):
    """Bars of time over glibc, one group for each workload, as an SVG of plain shapes."""
    present = [variant for variant in VARIANTS[1:] if any(variant in row for row in table.values())]
    most, left, width, bar = 4.0, 250, 620, 11
    group = bar * len(present) + 12
    height = 50 + group * len(table) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="18" font-size="14">time over plain glibc (shorter is better; bars end at {most:.0f}, the number is exact)</text>']
    for number, variant in enumerate(present):
        x = left + number * 120
        out.append(f'<rect x="{x}" y="26" width="10" height="10" fill="{COLOURS[variant]}"/><text x="{x + 14}" y="35">{variant}</text>')
    for tick in range(int(most) + 1):
        x = left + width * tick / most
        out.append(f'<line x1="{x}" y1="44" x2="{x}" y2="{height - 24}" stroke="#dddddd"/><text x="{x - 4}" y="{height - 8}">{tick}</text>')
    y = 50
    for workload, row in table.items():
        out.append(f'<text x="{left - 8}" y="{y + group / 2}" text-anchor="end">{workload}</text>')
        for variant in present:
            if variant in row:
                ratio = row[variant][0] / row["glibc"][0]
                long = width * min(ratio, most) / most
                out.append(f'<rect x="{left}" y="{y}" width="{long:.1f}" height="{bar - 1}" fill="{COLOURS[variant]}"/>'
                           f'<text x="{left + long + 4:.1f}" y="{y + 9}" font-size="9">{ratio:.2f}</text>')
            y += bar
        y += 12
    path.write_text("\n".join(out + ["</svg>"]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="workloads whose name contains this word")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "bench/results")
    options = parser.parse_args()
    build = options.build.resolve()
    with open(os.devnull, "w") as nowhere:
        for words in (["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DWEIR_BENCH=ON", "-DWEIR_TESTS=OFF"], ["cmake", "--build", build]):
            subprocess.run(words, check=True, stdout=nowhere)
    rows = collect(build, options)
    options.out.mkdir(parents=True, exist_ok=True)
    with open(options.out / "results.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["round", "workload", "variant", "unit", "value", "max_resident_bytes"])
        writer.writerows(rows)
    table = medians(rows)
    print(write_table(table, options.out / "table.md"))
    draw(table, options.out / "ratios.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Medians of the measurements, and the tables made of them."""
import math
import statistics
from collections import namedtuple

from compare.workloads import START, TUNING, UNSEEN

Row = namedtuple("Row", "round group workload variant unit value wall resident file_bytes allocations")
MICRO = "micro"


class Results:
    """workload → variant → medians over the rounds; None for what was not measured."""

    def __init__(self, rows):
        self.groups, cells = {}, {}
        for row in rows:
            self.groups.setdefault(row.group, {}).setdefault(row.workload, {}).setdefault(row.variant, []).append(row)
            cells.setdefault((row.workload, row.variant), []).append(row)
        self.cells = {key: Row(*found[0][:5], *(statistics.median(column) for column in list(zip(*found))[5:])) for key, found in cells.items()}
        self.variants = list(dict.fromkeys(row.variant for row in rows))

    def workloads(self, *groups):
        return [name for group in groups for name in self.groups.get(group, {})]

    def value(self, workload, variant):
        cell = self.cells.get((workload, variant))
        return None if cell is None else cell.value

    def added(self, workload, variant, base="glibc"):
        value, below = self.value(workload, variant), self.value(workload, base)
        return None if value is None or below is None else value - below

    def ratio(self, workload, variant, base="glibc"):
        value, below = self.value(workload, variant), self.value(workload, base)
        return None if value is None or below is None else value / below

    def ratios(self, groups, variant, base="glibc"):
        found = {workload: self.ratio(workload, variant, base) for workload in self.workloads(*groups)}
        return {workload: ratio for workload, ratio in found.items() if ratio is not None}

    def mean(self, groups, variant, base="glibc"):
        found = self.ratios(groups, variant, base).values()
        return math.exp(statistics.fmean(map(math.log, found))) if found else None

    def worst(self, groups, variant, base="glibc"):
        found = self.ratios(groups, variant, base)
        return max(found.items(), key=lambda item: item[1]) if found else None

    def largest_file(self, variant):
        """(workload, bytes), over everything that was run."""
        found = [("the loops" if cell.group == MICRO else cell.workload, cell.file_bytes) for (_, name), cell in self.cells.items() if name == variant]
        return max(found, key=lambda item: item[1], default=None)


def lines_of(heads, rows):
    if not rows:
        return ["(not measured)", ""]
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def text(value, form):
    return "" if value is None else format(value, form)


def micro_table(results):
    others = [variant for variant in results.variants if variant != "glibc"]
    rows = [[name, text(results.value(name, "glibc"), ".1f"), *(text(results.added(name, variant), "+.1f") for variant in others)]
            for name in results.workloads(MICRO)]
    return ["Nanoseconds for each pair of malloc and free under glibc, and what each other adds:", "",
            *lines_of(["loop", "glibc", *others], rows)]


def real_table(results):
    others = [variant for variant in results.variants if variant != "glibc"]
    rows = []
    for title, group in (("programs to tune on", TUNING), ("programs not tuned on", UNSEEN)):
        for name in results.workloads(group):
            exact = results.cells.get((name, "weir exact"))
            rows.append([name, text(exact and exact.allocations / 1e6, ".1f"), text(results.value(name, "glibc"), ".2f"),
                         *(text(results.ratio(name, variant), ".2f") for variant in others),
                         text(results.ratio(name, "weir exact", "jemalloc"), ".2f")])
        if results.workloads(group):
            rows.append([f"**{title}**, geometric mean", "", "", *(text(results.mean([group], variant), ".3f") for variant in others),
                         text(results.mean([group], "weir exact", "jemalloc"), ".3f")])
    for name in results.workloads(START):
        rows.append([f"{name}, wall", "", text(results.value(name, "glibc") and results.value(name, "glibc") * 1000, ".2f") + " ms",
                     *(text(results.ratio(name, variant), ".2f") for variant in others), text(results.ratio(name, "weir exact", "jemalloc"), ".2f")])
    return ["Seconds of processor time under glibc, and how many times as much under each other:", "",
            *lines_of(["program", "million blocks", "glibc", *others, "weir exact / jemalloc"], rows)]


def size_table(results):
    shown = [variant for variant in results.variants if variant != "heaptrack"]
    files = [variant for variant in ("weir sampled", "weir exact", "heaptrack") if variant in results.variants]
    rows = []
    for name in results.workloads(TUNING, UNSEEN, START):
        cells = {variant: results.cells.get((name, variant)) for variant in results.variants}
        rows.append([name, *(text(cells[v] and cells[v].resident / 2**20, ".1f") for v in shown),
                     *(text(cells[v] and cells[v].file_bytes / 2**20, ".2f") for v in files)])
    return ["Resident memory at its highest, then the largest file left, MiB:", "",
            *lines_of(["program", *shown, *(f"{variant}: file" for variant in files)], rows)]

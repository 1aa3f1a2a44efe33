"""The rows of the matrix, from rows.json, which CMake writes, and from the heads of the programs and workloads."""
import json
import os
import pathlib
import re
import shutil

from orders import Orders

GROUPS = ["endings", "families", "faults", "company", "programs"]
TREE = pathlib.Path(__file__).resolve().parents[2]


class Row:
    """One program or workload: how it is started and what a full cell is."""

    def __init__(self, source, executable=None, row=None):
        self.source, self.name = pathlib.Path(source), pathlib.Path(source).stem
        self.place = self.source.resolve().relative_to(TREE).as_posix()
        self.environment, self.before, self.lost, self.profiled, self.needs = {}, "", {}, [], []
        if executable:
            self.take_program(executable, row)
        else:
            self.take_workload()

    @property
    def is_workload(self):
        return self.source.suffix == ".sh"

    def take_program(self, executable, row):
        orders = Orders(str(self.source))
        self.group, self.text = row or orders.row
        self.environment, self.before, self.lost = orders.environment, orders.before, orders.lost
        self.words, self.status, self.compare = [executable, *orders.arguments], orders.status, orders.bare

    def take_workload(self):
        """A workload counts no blocks: a full cell is the same output, and a result for each program that it is about."""
        head = self.source.read_text()
        order = lambda name: (re.search(rf"^# {name}: (.*)$", head, re.M) or [None, ""])[1]
        (self.group, self.text), self.profiled = order("row").split(" | ", 1), order("profiled").split()
        self.needs = order("needs").split()
        self.words, self.status, self.compare = ["/bin/bash", str(self.source)], 0, True

    def missing(self):
        return [need for need in self.needs if not (os.path.exists(need) if "/" in need else shutil.which(need))]

    @property
    def wanted(self):
        """How many blocks, or for a workload how many programs, a full cell has seen."""
        return sum(blocks for _, blocks in self.lost.values()) + len(self.profiled)


def read(path):
    """(path of weir, path of libweir.so, rows in the order of the page)."""
    told = json.loads(pathlib.Path(path).read_text())
    rows = [Row(row["source"], row.get("executable")) for row in told["rows"]]
    return told["weir"], told["library"], sorted(rows, key=lambda row: (GROUPS.index(row.group), row.text.lower()))

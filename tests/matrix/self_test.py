"""Plants tools that fail, each in its own way, and wants each found; and wants each real tool to be full on a program that
just returns, or a "nothing" in the table would say nothing about that tool.
"""
import os
import pathlib
import re
import stat
import tempfile

import judge
import page
import rows
import run
import tools
from tools.tool import Result, Tool

# How a planted tool starts the program, and what must be found.
FAULTS = {
    "behaves": ('exec "$@"', 0, "✓"),
    "drops a block": ('exec "$@"', 1, "106 of 107"),
    "drops all": ('exec "$@"', 107, "nothing"),
    "changes the output": ('echo more; exec "$@"', 0, "**prints something else**; all"),
    "changes the status": ('"$@"; exit 4', 0, "**ends with 4**; all"),
    "crashes": ("kill -SEGV $$", 0, "**crashes (SIGSEGV)**; all"),
    "hangs": ("sleep 100", 0, "**hangs**; all"),
    "leaves a process behind": ('sleep 100 > /dev/null 2>&1 & exec "$@"', 0, "**leaves a process behind**; all"),
    "leaves a daemon behind": ('setsid sh -c "sleep 100 & sleep 100 &" > /dev/null 2>&1 & exec "$@"', 0, "**leaves a process behind**; all"),
    "fails every third time": ('n=$(cat ../n 2> /dev/null); echo $((n + 1)) > ../n; exec "$@"', -1, "1 of 3 runs: nothing"),
    "leaves no result": ('exec "$@"', None, "no result"),
}


class Planted(Tool):
    """A tool that finds all blocks of the program but some."""

    def __init__(self, name, start, dropped):
        self.name, self.dropped, self.runs = name, dropped, 0
        self.script = pathlib.Path(tempfile.mkdtemp(prefix="weir-planted-")) / "start"
        self.script.write_text(f"#!/bin/sh\n{start}\n")
        self.script.chmod(self.script.stat().st_mode | stat.S_IXUSR)

    def start(self, place, often):
        return [str(self.script)], {}

    def results(self, files, counted):
        self.runs += 1
        if self.dropped is None:
            return []
        if self.dropped == -1:  # never what is wanted, and worst in the second run
            return [Result("", {"lose_small": [6400, 0 if self.runs == 2 else 100]})]
        return [Result("", {"lose_small": [6400, max(0, 100 - max(0, self.dropped - 7))], "lose_cleared": [7000, 7 - min(7, self.dropped)]})]


def the_row(program):
    source = pathlib.Path(program).name.split(".")[0]
    row = rows.Row(rows.TREE / f"tests/preload/programs/{source}.c", program, ("endings", "return from main"))
    row.lost = {"lose_small": (6400, 100), "lose_cleared": (7000, 7)}
    return row


def check_page(row, cells):
    """A row that is missing, a row too many, a cell of weir's that is not full, and an edited page must be found."""
    names = [tool.name for tool in tools.all_tools("weir", "library")]
    full = {"behaves": "", "sees": "all", "seen": 107, "wanted": 107, "worst_of": ""}
    with tempfile.TemporaryDirectory() as folder:
        path, all_tools = pathlib.Path(folder) / "page.md", tools.all_tools("weir", "library")

        def complaints(cells, edit=str):
            results = {"date": "", "machine": "", "patience": 1, "slow": 2, "times": 3, "tools": {name: "1" for name in names}, "cells": cells}
            run.write(path, results, [row], all_tools)
            path.write_text(edit(path.read_text()))
            return " ".join(run.check(path, [row], all_tools))

        good = {name: full for name in names}
        cases = [(complaints({row.name: good}), ""), (complaints({}), "not run under"),
                 (complaints({row.name: {**good, "weir": cells["drops a block"]}}), "weir is not full: 106 of 107"),
                 (complaints({row.name: {**good, "weir sampled": cells["crashes"]}}), "weir sampled is not full"),
                 (complaints({row.name: good}, lambda text: re.sub("✓", "✗", text)), "is not what its results and rows make")]
        return [f"the page's check says {said!r}, not {wanted!r}" for said, wanted in cases if wanted not in said or bool(said) != bool(wanted)]


def main(program, chosen):
    judge.PATIENCE, judge.TIMES, judge.family.PATIENCE = 3, 0, 1
    row, complaints, cells = the_row(program), [], {}
    planted = [Planted(name, start, dropped) for name, (start, dropped, _) in FAULTS.items()]
    judging = judge.Judge(row)
    try:
        complaints += filter(None, [judging.know_bare()])
        for tool in planted:
            cells[tool.name] = run.cell_of(judging.cell(tool))
            if (said := page.text_of(cells[tool.name])) != FAULTS[tool.name][2]:
                complaints.append(f"a tool that {tool.name} is judged {said!r}, not {FAULTS[tool.name][2]!r}")
        judge.PATIENCE = 60
        for tool in chosen:
            if (said := page.text_of(run.cell_of(judging.cell(tool)))) != "✓":
                complaints.append(f"{tool.name} on a program that just returns: {said!r}, not full")
    finally:
        judging.close()
        for tool in planted:
            os.remove(tool.script)
            os.rmdir(tool.script.parent)
    complaints += check_page(row, cells)
    print("\n".join(complaints) or f"each fault is found; full on a plain program: {', '.join(tool.name for tool in chosen)}")
    return 1 if complaints else 0

"""The orders that a test program gives in its head comment.

A head comment is the // lines at the top of the source. Lines of prose are ignored; these are orders:

    WEIR_NAME=VALUE          set for the run; @DIR@ stands for the run's own empty folder (also its cwd)
    env NAME=VALUE           the same for other variables
    args: WORD...            arguments of the program
    before: SHELL TEXT       runs first in a shell, without weir; the shell then becomes the program
    run under: preload cli   the modes; default these and sampled: preload, with every byte sampled (read by CMake too)
    build: O0 O2             the optimisation levels; default both (read by CMake)
    compile: WORD... | link: WORD...
                             more options for the compiler and the linker (read by CMake)
    exit N | signal N        how it ends; default exit 0
    bare: no                 do not compare status and output with a run without weir
    profiles N|any           how many profiles it leaves; default 1; sorted by start
    sums: no                 the profile was cut short: totals need not add up
    needs: LIBRARY           left out where there is no such library to link with (read by CMake)
    expect EXPRESSION        a Python expression over the names that run.py lists
    lost FUNCTION BYTES BLOCKS
                             over all profiles together, so many bytes in so many blocks that were allocated through FUNCTION
                             are never freed, and nothing points to them any more
    row: GROUP | TEXT        a row of the robustness matrix (tests/matrix): endings, families, faults or company, and
                             what happens, in a few words. Every tool is then judged by status, stdout and `lost`
"""
import os
import re

import lab


class Orders:
    """The head comment of one program, taken apart."""

    def __init__(self, source):
        self.source = source
        self.lines = open(source, encoding="utf-8").read().splitlines()
        self.environment, self.expectations, self.arguments = {}, [], []
        self.before, self.modes, self.status = "", ["preload", "cli", "sampled"], 0
        self.bare, self.sums, self.profiles = True, True, 1
        self.lost, self.row = {}, None
        for line in self.lines:
            if not line.startswith("//"):
                break
            self.take(line[2:].strip())

    def take(self, text):
        if found := re.match(r"(?:env:? )?([A-Z][A-Z0-9_]*)=(.*)$", text):
            if text.startswith(("env ", "env: ", "WEIR_")):
                self.environment[found[1]] = found[2]
        elif found := re.match(r"args: (.*)", text):
            self.arguments = found[1].split()
        elif found := re.match(r"before: (.*)", text):
            self.before += found[1] + "\n"
        elif found := re.match(r"run under: (.*)", text):
            self.modes = found[1].split()
        elif found := re.match(r"exit (\d+)$", text):
            self.status = int(found[1])
        elif found := re.match(r"signal (\d+)$", text):
            self.status = -int(found[1])
        elif found := re.match(r"profiles (\d+|any)$", text):
            self.profiles = None if found[1] == "any" else int(found[1])
        elif text == "bare: no":
            self.bare = False
        elif text == "sums: no":
            self.sums = False
        elif found := re.match(r"lost (\w+) (\d+) (\d+)$", text):
            self.lost[found[1]] = int(found[2]), int(found[3])
        elif found := re.match(r"row: (endings|families|faults|company) \| (.*)$", text):
            self.row = found[1], found[2]
        elif found := re.match(r"expect (.*)", text):
            self.expectations.append(found[1])

    def marked(self, mark):
        for number, line in enumerate(self.lines, 1):
            if line.rstrip().endswith(f"// @{mark}"):
                return os.path.basename(self.source), number
        raise lab.Failure(f"{self.source} has no line marked // @{mark}")

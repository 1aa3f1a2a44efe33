"""Judges one cell: the row's program is run bare and under the tool, in a fresh folder each time.

A cell is full when the program behaves as bare (the same status, the same bytes on stdout, nothing left running) and the tool's
results hold every block that the row's `lost` orders name. What is not full is run twice again; the worst counts.
"""
import dataclasses
import fnmatch
import os
import pathlib
import shutil
import signal
import time

import family
import lab

PATIENCE = 60  # seconds until a run counts as hung, or TIMES what the bare run took, whichever is longer
TIMES = 100
SLOW = 3       # times as long for tools that are known to be slow
RUNS = 3       # of a cell that is not full; two where another one would take long


@dataclasses.dataclass
class Verdict:
    behaves: str  # "" as bare, else what went wrong
    seen: int     # blocks found, of those wanted
    wanted: int
    files: int    # results that could be read
    note: str = ""     # what is wrong with the counts although every block was found
    told: str = ""     # what the program printed, for --explain
    worst_of: str = ""  # "2 of 3" when not every run went so

    @property
    def full(self):
        return not self.behaves and self.seen == self.wanted and not self.note

    def sees(self):
        if self.wanted == 0:
            return "–"
        if self.seen == self.wanted:
            return self.note or "all"
        return f"{self.seen} of {self.wanted}" if self.seen else "nothing" if self.files else "no result"

    def rank(self):
        kinds = ("hangs", "leaves", "crashes", "ends", "prints")
        place = next((number for number, kind in enumerate(kinds) if self.behaves.startswith(kind)), len(kinds))
        return place, self.seen


def how(status):
    if status >= 0:
        return f"ends with {status}"
    try:
        return f"crashes ({signal.Signals(-status).name})"
    except ValueError:
        return f"crashes (signal {-status})"


class Judge:
    def __init__(self, row):
        self.row = row
        self.laboratory = lab.Lab("weir", "library")  # for folders and variables only
        self.bare, self.seconds = None, 0

    def close(self):
        shutil.rmtree(self.laboratory.folder, ignore_errors=True)

    def run(self, tool=None):
        """One run in a fresh folder that has the same name each time, so that no output differs by it."""
        folder = self.laboratory.folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "tmp").mkdir(parents=True)
        os.chmod(self.laboratory.folder, 0o755)  # also for a program that gives up its rights
        environment = self.laboratory.environment(folder, self.row.environment)
        if self.row.is_workload:
            environment |= {"HOME": str(folder), "LC_ALL": "C", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "TMPDIR": str(folder)}
        fill = lambda text: text.replace("@DIR@", str(folder))
        environment = {name: fill(value) for name, value in environment.items()}
        words = [fill(word) for word in self.row.words]
        place = self.place(folder, environment)
        if tool:
            before, variables = tool.start(place, bool(self.row.lost))
            variables = {name: value for name, value in variables.items() if name not in self.row.environment}
            # The tool's variables are for the program, not for the shell that prepares its surroundings.
            words = ["env", *(f"{name}={value}" for name, value in variables.items()), *before, *words]
        if self.row.before:
            words = ["/bin/sh", "-c", fill(self.row.before) + '\nexec "$@"', "sh", *words]
        patience = max(PATIENCE * (SLOW if tool and tool.slow else 1), TIMES * self.seconds)
        return family.run(words, environment, folder, patience), folder, place

    @staticmethod
    def place(folder, environment):
        """Where results go: the folder that the row's WEIR_OUT names, for every tool alike; else one of our own."""
        if "WEIR_OUT" in environment:
            return os.path.dirname(environment["WEIR_OUT"]).split("%")[0] or "."
        outside = folder.parent / "results"
        shutil.rmtree(outside, ignore_errors=True)
        outside.mkdir(mode=0o777)
        os.chmod(outside, 0o777)
        return str(outside)

    def know_bare(self):
        """"", or what is wrong with the row itself. A program that says `bare: no` need not even end without a tool."""
        if not self.row.compare:
            self.bare = family.Ended(self.row.status, b"", b"", "")
            return ""
        began = time.monotonic()
        self.bare, *_ = self.run()
        self.seconds = time.monotonic() - began
        if self.bare.hangs or self.bare.status != self.row.status:
            what = self.bare.hangs or how(self.bare.status)
            return f"the row is wrong: without any tool its program {what}: {self.bare.stderr[-300:]!r}"
        return ""

    def once(self, tool):
        ended, folder, place = self.run(tool)
        behaves = ended.hangs
        if not behaves and ended.status != self.bare.status:
            behaves = how(ended.status)
        elif not behaves and self.row.compare and ended.stdout != self.bare.stdout:
            behaves = "prints something else"
        # Some fall back on stderr when they cannot write where they were told.
        (folder.parent / "said").mkdir(exist_ok=True)
        (folder.parent / "said/stderr").write_bytes(ended.stderr)
        roots = {folder.resolve(), (folder / place).resolve(), folder.parent / "said"}
        files = [path for root in roots if root.is_dir() for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
        results = tool.results(list(dict.fromkeys(files)), bool(self.row.lost))
        seen, note = self.count(tool, results)
        told = f"stdout {ended.stdout[-600:]!r}, bare {self.bare.stdout[-600:]!r}\n    stderr {ended.stderr[-1000:]!r}"
        return Verdict(behaves, seen, self.row.wanted, len(results), note, told)

    def count(self, tool, results):
        """How many of the wanted blocks were found, and "" or what is wrong beyond that."""
        seen, note = 0, ""
        for function, (size, blocks) in self.row.lost.items():
            sums = [result.live[function] for result in results if function in result.live]
            found = sum(pair[0] for pair in sums), sum(pair[1] for pair in sums)
            # A forked child has a copy of its parent's blocks; to count them in both is a rival's right.
            seen += max(0, min(found[1], blocks))
            if tool.exact_bytes and found[1] >= blocks and found != (size, blocks):
                note = f"{found[0]} bytes in {found[1]} blocks through {function}(), not {size} in {blocks}"
        seen += sum(any(fnmatch.fnmatch(result.program, name + "*") for result in results) for name in self.row.profiled)
        return seen, note

    def cell(self, tool):
        verdicts = [self.once(tool)]
        if not verdicts[0].full:
            long = verdicts[0].behaves == "hangs" or self.row.is_workload
            verdicts += [self.once(tool) for _ in range(1 if long else RUNS - 1)]
        worst = min(verdicts, key=Verdict.rank)
        same = sum(verdict.behaves == worst.behaves and verdict.sees() == worst.sees() for verdict in verdicts)
        if same < len(verdicts):
            worst.worst_of = f"{same} of {len(verdicts)}"
        return worst

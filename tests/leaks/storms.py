"""Processes that end in the middle of things: they end as without weir, and what they still know is not called lost.

    storms.py LIBRARY PROGRAM [TURNS]

A thread that runs at the end is not stopped, and what only its registers hold is not seen: so of the blocks that are on
their way (one per running thread and operation) the test forgives none but those.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import check
from verdicts import Verdicts

RUNNING = {"resize": 4, "fork": 2, "spawn": 8}
MODES = {"resize": {"done"}, "spawn": {"done"}, "many": {"done"}, "fork": {"done"}, "signal": {"done", "none"},
         "narrow": {"done", "no memory", "none"}}


def look(library, program, kind, turn, more):
    """What is wrong with one run, and its verdicts."""
    with tempfile.TemporaryDirectory() as folder:
        out = check.run([program, kind, str(turn)], folder, check.environment(LD_PRELOAD=library, WEIR_OUT=folder + "/%p.weir", **more))
        found = [Verdicts(path) for path in sorted(pathlib.Path(folder).glob("*.weir"))]
    wrong = []
    if out.returncode != 5 or out.stdout != f"{kind}\n".encode():
        wrong.append(f"ended with {out.returncode}, said {out.stdout!r} {out.stderr!r}")
    return wrong, found


def storm(library, program, kind, turn):
    wrong, found = look(library, program, kind, turn, {})
    results = {one.scan.result for one in found}
    if kind != "fork" and not results <= MODES[kind]:
        wrong.append(f"the look ended so: {results}")
    for one in found:
        if one.lost[0] > RUNNING.get(kind, 0):
            wrong += [f"lost {site.lost_blocks} blocks, {site.lost_bytes} B at {' < '.join(site.functions[:6])}"
                      for site in one.sites if site.lost_blocks]
    return [f"{kind} {turn}: {line}" for line in wrong], sum(one.lost[0] for one in found)


def without(library, program):
    """Modes of recording in which there is nothing to judge."""
    for more in ({"WEIR_RECORD": "sampled"}, {"WEIR_RECORD": "off"}):
        wrong, found = look(library, program, "resize", 1, more)
        yield from (f"{more}: {line}" for line in wrong)
        if any(one.scan.result != "none" for one in found):
            yield f"{more}: there are verdicts"


def main():
    library, program, turns = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 5
    complaints = list(without(library, program))
    for kind in MODES:
        lost = 0
        for turn in range(1, (turns if kind != "many" else 1) + 1):
            try:
                wrong, forgiven = storm(library, program, kind, turn)
            except subprocess.TimeoutExpired:
                wrong, forgiven = [f"{kind} {turn}: it hangs"], 0
            complaints += wrong
            lost += forgiven
        print(f"{kind}: {turns} turns, {lost} blocks on their way called lost")
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

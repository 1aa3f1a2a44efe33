#!/usr/bin/env python3
"""Symbols when the program's file changed after the run, or is gone: the report says so and drops no frame."""
import shutil

import lab


def body(laboratory, programs):
    copy = laboratory.folder / "program"
    shutil.copy(programs / "leak_exact.O2", copy)
    outcome = laboratory.run("preload", [copy])
    path = outcome.parent.path
    lab.expect(outcome.parent.leaks("lose_small") == (6400, 100), "not even the untouched program is reported right")
    frames = [len(site["frames"]) for site in outcome.parent.report["leaks"]["sites"]]

    for what, change in (("rebuilt", lambda: shutil.copy(programs / "realloc_chain.O2", copy)), ("gone", copy.unlink)):
        change()
        report = laboratory.report(path)
        lab.expect(report["leaks"]["bytes"] == 13400, f"{what}: the leak's size changed")
        sites = report["leaks"]["sites"]
        names = {frame["function"] for site in sites for frame in site["frames"]}
        lab.expect(not names & {"grow", "shrink", "start"}, f"{what}: names of the wrong program: {names}")
        mine = [frame for site in sites for frame in site["frames"] if (frame["module"] or "").endswith("/program")]
        lab.expect(mine and all(frame["offset"] is not None for frame in mine), f"{what}: frames lost: {sites}")
        lab.expect([len(site["frames"]) for site in sites] <= frames, f"{what}: the number of frames grew")
        warnings = " ".join(report["coverage"]["warnings"])
        lab.expect("program" in warnings, f"{what}: no warning says so: {warnings}")


lab.scenario(body)

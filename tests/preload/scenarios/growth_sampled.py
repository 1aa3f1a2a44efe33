#!/usr/bin/env python3
"""What grows in a server that was recorded by samples: the site that leaks, by about as much as it leaks, and what each number is
worth. Sites that stand still may seem to have changed, but not all in all runs."""
import json
import pathlib
import shutil
import subprocess
import time

import lab
from asked import serve, weir

RUNS, REQUESTS, LOST = 4, 3000, 64


def one_run(laboratory, programs):
    more = {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "4096"}
    process, folder = laboratory.start("preload", [programs / "growing_server.O1", "asked"], more, stdin=subprocess.PIPE)
    try:
        serve(process, 160)  # the cache is as full as it will ever be
        (file,) = folder.rglob("*.weir")
        copies = []
        for turn in range(3):
            serve(process, REQUESTS if turn else 0)
            time.sleep(0.1)
            copies.append(pathlib.Path(shutil.copy(file, folder / f"copy{turn}")))
        return json.loads(weir(laboratory, "diff", "--format", "json", *copies)), weir(laboratory, "diff", *copies)
    finally:
        process.kill()
        process.communicate()


def body(laboratory, programs):
    seen = {"cache": 0, "fill_table": 0, "answer": 0}
    for _ in range(RUNS):
        diff, text = one_run(laboratory, programs)
        sites = {frame["function"]: site for site in diff["sites"] for frame in site["frames"]}
        lose, truth = sites.get("lose"), 2 * REQUESTS * LOST
        lab.expect(lose is not None and lose["trend"] == "growing", f"the leak does not grow: {lose}")
        # Six of its standard errors: once in 500 million runs.
        lab.expect(0 < lose["bytes_stderr"] < truth / 4, f"standard error {lose['bytes_stderr']} of {truth}")
        lab.expect(abs(lose["bytes"] - truth) < 6 * lose["bytes_stderr"], f"{lose['bytes']} ± {lose['bytes_stderr']}, not {truth}")
        lab.expect(lose["bytes_per_second"] > 0 and lose["freed_blocks"] == 0, f"the leak: {lose}")
        told = " ".join(text.split())
        lab.expect("Numbers of host memory are estimates" in told and " ± " in told, text)
        for name in seen:
            seen[name] += name in sites and sites[name]["trend"] == "growing"
    lab.expect(all(times <= RUNS // 2 for times in seen.values()), f"what stands still grows: {seen}, in {RUNS} runs")


lab.scenario(body)

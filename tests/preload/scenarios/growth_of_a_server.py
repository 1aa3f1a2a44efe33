#!/usr/bin/env python3
"""What grows in a server that never ends: the site that leaks, and neither its cache nor its table."""
import json
import os
import pathlib
import shutil
import subprocess
import time

import lab
from asked import serve, weir


def by_function(sites):
    """Function to site; a site of none of the server's functions is left out."""
    known = ("lose", "cache", "answer", "fill_table")
    return {frame["function"]: site for site in sites for frame in site["frames"] if frame["function"] in known}


def copies_compared(laboratory, programs):
    process, folder = laboratory.start("preload", [programs / "growing_server.O1", "asked"], stdin=subprocess.PIPE)
    try:
        serve(process, 4 * 40)  # the cache is as full as it will ever be
        (file,) = folder.rglob("*.weir")
        copies = []
        # The cache ends higher than it began, and is emptied once on the way.
        for requests in (4, 25, 25, 10):
            serve(process, requests)
            time.sleep(0.2)  # that a slope means something
            copies.append(pathlib.Path(shutil.copy(file, folder / f"copy{len(copies)}")))
        # In any order: the run's own is found.
        diff = json.loads(weir(laboratory, "diff", "--format", "json", copies[2], copies[0], copies[3], copies[1]))
        lab.expect(diff["schema"] == "weir-diff/1" and diff["same_run"], f"schema {diff['schema']}")
        lab.expect([os.path.basename(p["file"]) for p in diff["profiles"]] == [c.name for c in copies], "the order is wrong")
        times = [point["at_s"] for point in diff["profiles"]]
        lab.expect(times == sorted(times) and times[0] < times[-1], f"moments are {times}")
        sites = by_function(diff["sites"])
        lab.expect([name for name, site in sites.items() if site["trend"] == "growing"] == ["lose"], f"growing: {sites.keys()}")
        lose = sites["lose"]
        lab.expect((lose["bytes"], lose["blocks"]) == (60 * 64, 60), f"lose grew by {lose['bytes']} in {lose['blocks']}")
        lab.expect((lose["then_blocks"], lose["now_blocks"]) == (164, 224), f"lose: {lose}")
        lab.expect((lose["survivors_at_least"], lose["freed_blocks"]) == (164, 0), f"survivors: {lose}")
        lab.expect((lose["grew_in"], lose["shrank_in"]) == (3, 0), f"intervals: {lose}")
        lab.expect(lose["live_bytes"] == [64 * n for n in (164, 189, 214, 224)], f"over time: {lose['live_bytes']}")
        lab.expect(lose["bytes_per_second"] > 0 and lose["age_s"] > 0, f"slope and age: {lose}")
        cache = sites["cache"]
        lab.expect((cache["trend"], cache["shrank_in"]) == ("uneven", 1), f"the cache: {cache['trend']}, {cache['live_bytes']}")
        lab.expect(cache["survivors_at_least"] == 0, "blocks of an emptied cache survive")
        # With two of them, in between which it only grew, it is known from the time before that it held more.
        two = by_function(json.loads(weir(laboratory, "diff", "--format", "json", copies[0], copies[1]))["sites"])
        lab.expect((two["lose"]["trend"], two["cache"]["trend"]) == ("growing", "uneven"), f"two copies: {two['cache']}")
        lab.expect(two["cache"]["new_high"] is False, "the cache was as full before")
        text = weir(laboratory, "diff", *copies)
        lab.expect("1 call site grows steadily, +3.75 KiB in all:" in text and "lose" in text, text)
        # The live file itself is a point, too.
        serve(process, 1)
        live = json.loads(weir(laboratory, "diff", "--format", "json", copies[0], file))
        lab.expect(live["profiles"][1]["at_by"] == "now", f"the file itself: {live['profiles'][1]}")
        lab.expect(live["profiles"][0]["at_by"] != "now", "a copy passes for the file itself")
    finally:
        process.kill()
        process.communicate()


def watched(laboratory, programs):
    process, folder = laboratory.start("preload", [programs / "growing_server.O1", "live"])
    try:
        lab.expect(process.stdout.readline() == b"ready\n", "the server did not start")
        (file,) = folder.rglob("*.weir")
        report = json.loads(weir(laboratory, "report", "--format", "json", "--watch", "2", file))
        growth = report["growth"]
        lab.expect(growth["watched_s"] >= 2 and growth["readings"] == 5 and growth["why"] is None, f"growth: {growth}")
        sites = by_function(growth["sites"])
        growing = [name for name, site in sites.items() if site["trend"] == "growing"]
        lab.expect(growing == ["lose"], f"growing: {growing}")
        lab.expect(sites["lose"]["bytes"] > 0 and sites["lose"]["bytes_per_second"] > 0, f"lose: {sites['lose']}")
        text = weir(laboratory, "report", "--only", "growth", file)
        lab.expect("grows steadily" in text and "lose" in text and "weir diff" in text, text)
        off = json.loads(weir(laboratory, "report", "--format", "json", "--watch", "0", file))["growth"]
        lab.expect(off["sites"] == [] and off["why"] == "nobody watched", f"not watched: {off}")
        copy = shutil.copy(file, folder / "copy")
        of_copy = json.loads(weir(laboratory, "report", "--format", "json", copy))["growth"]
        lab.expect(of_copy["sites"] == [] and "copy" in of_copy["why"], f"a copy: {of_copy}")
    finally:
        process.kill()
        process.communicate()
    ended = json.loads(weir(laboratory, "report", "--format", "json", file))["growth"]
    lab.expect(ended["why"] == "the process has ended" and ended["watched_s"] is None, f"ended: {ended}")


def body(laboratory, programs):
    copies_compared(laboratory, programs)
    watched(laboratory, programs)


lab.scenario(body)

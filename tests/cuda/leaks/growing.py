#!/usr/bin/env python3
"""Copies of a live profile compared, of a server that loses memory of a device and pinned memory: to the byte, by space, with what a
look through the heap says; in sampled mode, too, for CUDA's memory is counted exactly.

    growing.py WEIR LIBRARY FOLDER_OF_THE_DRIVER PROGRAM
"""
import json
import pathlib
import shutil
import subprocess
import sys

import lab
from asked import serve, weir

OWN = ("lose_device", "lose_pinned", "cache", "answer", "table")


def by_function(sites):
    return {lab.plain(frame["function"]): site for site in sites if site["space"] != "host"
            for frame in site["frames"] if lab.plain(frame["function"]) in OWN}


def compare(laboratory, driver, program, more):
    process, folder = laboratory.start("preload", [program], {"LD_LIBRARY_PATH": driver, **more}, stdin=subprocess.PIPE)
    try:
        serve(process, 16)  # the cache is as full as it will ever be
        (file,) = folder.rglob("*.weir")
        copies = []
        for requests in (3, 20, 20, 4):
            serve(process, requests)
            copies.append(pathlib.Path(shutil.copy(file, folder / f"copy{len(copies)}")))
        diff = json.loads(weir(laboratory, "diff", "--format", "json", *copies))
        text = weir(laboratory, "diff", *copies)
    finally:
        process.kill()
        process.communicate()
    sites = by_function(diff["sites"])
    growing = sorted(name for name, site in sites.items() if site["trend"] == "growing")
    lab.expect(growing == ["lose_device", "lose_pinned"], f"{more}: growing: {growing}")
    for name, space, size in (("lose_device", "device", 10000), ("lose_pinned", "pinned", 5000)):
        site = sites[name]
        lab.expect((site["space"], site["bytes"], site["blocks"]) == (space, 44 * size, 44), f"{more}: {site}")
        lab.expect(site["live_bytes"] == [size * n for n in (19, 39, 59, 63)], f"{more}: {name}: {site['live_bytes']}")
        lab.expect((site["survivors_at_least"], site["freed_blocks"]) == (19, 0), f"{more}: {name}: {site}")
    lab.expect("table" not in sites and "answer" not in sites, f"{more}: what stands still grows: {sites.keys()}")
    lab.expect(sites["cache"]["trend"] == "uneven", f"{more}: the cache: {sites['cache']}")
    spaces = [(point["spaces"]["device"]["live_bytes"], point["spaces"]["pinned"]["live_bytes"]) for point in diff["profiles"]]
    lab.expect(spaces == [(1000000 + n * 10000, n * 5000) for n in (19, 39, 59, 63)], f"{more}: spaces: {spaces}")
    told = " ".join(text.split())
    lab.expect("device from 1.13 MiB to 1.55 MiB, pinned from 92.8 KiB to 308 KiB" in told, text)
    lab.expect("+440,000 bytes in +44 blocks" in told and "(device 0)" in told, text)
    return told


def body(laboratory, driver):
    program = sys.argv[4]
    told = compare(laboratory, driver, program, {})
    lab.expect("estimates" not in told, told)
    told = compare(laboratory, driver, program, {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "4096"})
    lab.expect("Numbers of host memory are estimates" in told, told)


lab.scenario(lambda laboratory, driver: body(laboratory, str(driver)))

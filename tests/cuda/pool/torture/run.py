#!/usr/bin/env python3
"""Runs the random program (torture.cpp), seed by seed, and judges what it found.

    run.py --driver FOLDER --program P [--library L] [--free strict|deferred] [--pool bucket|pow2|slab] [--threads N]
           [--operations N] [--devices N] [--idle-max BYTES] [--words "lazy held small calm"] [--break NAME] SEED...
    run.py … --total N SEED     goes on from that seed, through all kinds of runs, until N operations are done

Without --library it runs on the simulated driver alone, where it must find nothing. --break: the library is broken on purpose
(broken/), and the program must find that with one of these seeds.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

WORDS = ("", "lazy", "held", "lazy held", "lazy small", "held small calm", "lazy held small")
SUMS = ("operations", "violations", "allocations", "hits", "captures", "contexts_ended", "stamps_seen", "no_memory")


def variables_of(options, folder):
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("WEIR_", "LD_", "SIMCUDA_"))}
    keep |= {"LD_LIBRARY_PATH": options.driver, "SIMCUDA_DEVICES": str(options.devices), "SIMCUDA_CONTEXT_BYTES": "1M",
             "SIMCUDA_MEMORY": "32M" if "small" in options.words else "4G"}
    if options.library:
        keep |= {"LD_PRELOAD": options.library, "WEIR_OUT": f"{folder}/p.weir", "WEIR_DEVICE_FREE": options.free,
                 "WEIR_DEVICE_POOL": options.pool, "WEIR_DEVICE_IDLE_MAX": options.idle_max, "WEIR_QUIET": "1"}
    if options.break_:
        keep["TORTURE_BREAK"] = options.break_
    return keep


def run(options, seed):
    """What the program counted, and what it complained of; no count: it did not come to its end."""
    words = [options.program, str(seed), str(options.operations), str(options.threads), *options.words.split()]
    with tempfile.TemporaryDirectory(prefix="weir-torture-") as folder:
        try:
            done = subprocess.run(words, env=variables_of(options, folder), cwd=folder, capture_output=True, text=True,
                                  errors="replace", timeout=options.timeout)
        except subprocess.TimeoutExpired:
            return {}, f"still running after {options.timeout} s"
    lines = done.stdout.strip()
    counts = json.loads(lines) if lines.startswith("{") else {}
    complaint = "" if done.returncode == 0 and counts.get("violations") == 0 else f"ended with {done.returncode}\n{done.stderr[-3000:]}"
    if not complaint and options.library and options.pool != "off" and options.idle_max != "0" and counts["hits"] == 0:
        complaint = f"the pool never served anything: {counts}"
    return counts, complaint


def many(options):
    sums, seed, failed, began = dict.fromkeys(SUMS, 0), options.seeds[0], 0, time.monotonic()
    while sums["operations"] < options.total:
        options.words = WORDS[seed % len(WORDS)]
        options.threads, options.devices = 1 + seed % 4, 1 + seed // 2 % 3
        options.idle_max = ("25%", "3M", "100%", "0")[seed // 3 % 4]
        counts, complaint = run(options, seed)
        for key in SUMS:
            sums[key] += counts.get(key, 0)
        if complaint:
            failed += 1
            print(f"seed {seed} {options.free} {options.pool} threads {options.threads} devices {options.devices} "
                  f"idle-max {options.idle_max} words '{options.words}': {complaint}", flush=True)
            if failed == options.most_failures:
                break
        seed += 1
    print(json.dumps(sums | {"free": options.free, "pool": options.pool, "runs": seed - options.seeds[0], "failed": failed,
                             "seconds": round(time.monotonic() - began)}))
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("driver", "program"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--library")
    parser.add_argument("--free", default="strict")
    parser.add_argument("--pool", default="bucket")
    parser.add_argument("--idle-max", default="25%")
    parser.add_argument("--words", default="lazy")
    parser.add_argument("--break", dest="break_", default="")
    for name, value in (("threads", 1), ("operations", 4000), ("devices", 2), ("timeout", 60), ("total", 0), ("most-failures", 5)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("seeds", nargs="+", type=int)
    options = parser.parse_args()
    for name in ("driver", "program", "library"):
        if path := getattr(options, name):
            setattr(options, name, os.path.abspath(path))
    if options.total:
        return many(options)
    caught = 0
    for seed in options.seeds:
        counts, complaint = run(options, seed)
        if complaint and options.break_:
            print(f"seed {seed}: caught: {(complaint.splitlines() + [''])[1]}")
            broken, options.break_ = options.break_, ""
            _, without = run(options, seed)
            if without:
                print(f"seed {seed}: but it is found without the break, too: {without}")
                return 1
            options.break_ = broken
            caught += 1
            break
        if complaint:
            print(f"seed {seed}: {complaint}\n{counts}")
            caught += 1
    if options.break_:
        print("" if caught else f"NOT CAUGHT: {options.break_}")
        return 0 if caught else 1
    return 1 if caught else 0


sys.exit(main())

#!/usr/bin/env python3
"""Holds the report of the random program (torture.cpp) against the account that it keeps itself.

    run.py --weir W --library L --driver FOLDER --program P [--mode preload|sampled|cli] [--threads N] [--steps N]
           [--kill] SEED...

Per function, space, kind and device: what was allocated, is live, went with contexts; per space and device the totals. With one
thread also the peaks and what was short-lived. The account is that of its run: with several threads the next run of a seed
has another one. --kill: the program dies at a random moment; the profile is read, and adds up.
"""
import argparse
import json
import random
import signal
import subprocess
import sys
import time

import lab

FAULTS = ",".join(f"{name}:{n}={error}" for name, error in (
    ("cuMemAlloc", "OUT_OF_MEMORY"), ("cuMemAllocAsync", "OUT_OF_MEMORY"), ("cuMemHostAlloc", "OUT_OF_MEMORY"),
    ("cuMemFree", "UNKNOWN"), ("cuMemFreeAsync", "UNKNOWN"), ("cuArrayCreate", "UNKNOWN"),
    ("cuArrayDestroy", "UNKNOWN"), ("cuMemFreeHost", "UNKNOWN"), ("cuMemHostUnregister", "UNKNOWN"),
    ("cuMemAllocManaged", "OUT_OF_MEMORY"), ("cuMemCreate", "OUT_OF_MEMORY"), ("cuMemRelease", "UNKNOWN"))
    for n in (3, 8, 21))
SUMS = ("allocated_bytes", "allocated_blocks", "live_bytes", "live_blocks", "temporary_blocks")
ENDS = {"reset": "device_reset", "destroyed": "context_destroyed"}


def number_of(frames):
    for frame in frames:
        if "made_at<" in (frame["function"] or ""):
            return int(frame["function"].split("made_at<")[1].split(">")[0])
    raise lab.Failure(f"a site without its function: {[frame['function'] for frame in frames]}")


def where_of(entry):
    device = entry["device"] if entry["space"] != "pinned" else -1
    return number_of(entry["frames"]), entry["space"], entry["kind"], device


def collected(entries):
    out = {}
    for entry in entries:
        if entry["space"] != "host":
            out.setdefault(where_of(entry), []).append(entry)
    return out


def check_sites(account, report, is_alone):
    found = collected(report["sites"])
    wanted = {(site["site"], site["space"], site["kind"], site["device"]): site for site in account["sites"]}
    lab.expect(set(found) == set(wanted), f"sites: {set(found) ^ set(wanted)}")
    for where, site in wanted.items():
        for key in SUMS if is_alone else SUMS[:4]:
            have = sum(each[key] for each in found[where])
            lab.expect(have == site[key], f"{where} {key}: {have}, not {site[key]}")
        for key in ("peak_bytes", "at_peak_bytes") if is_alone and len(found[where]) == 1 else ():
            lab.expect(found[where][0][key] == site[key], f"{where} {key}: {found[where][0][key]}, not {site[key]}")
    leaks = collected(report["leaks"]["sites"])
    for where, site in wanted.items():
        have = sum(each["bytes"] for each in leaks.get(where, ())), sum(each["blocks"] for each in leaks.get(where, ()))
        lab.expect(have == (site["live_bytes"], site["live_blocks"]), f"{where}: the leaks say {have}, not {site}")
        for key, how in ENDS.items():
            ended = [each for each in report["leaks"]["released"]["sites"] if each["released_by"] == how and where_of(each) == where]
            have = sum(each["bytes"] for each in ended)
            lab.expect(have == site[key], f"{where}: {how} {have}, not {site[key]}")


def check_totals(account, report, is_alone):
    devices = {f"device {device['device']}": device for device in report["devices"]}
    for name, total in account["totals"].items():
        have = devices[name] if name.startswith("device ") else report["spaces"][name]
        lab.expect(have["live_bytes"] == total["live_bytes"], f"{name}: live {have['live_bytes']}, not {total}")
        lab.expect(have["peak_bytes"] >= total["live_bytes"], f"{name}: the peak is below what is live")
        if is_alone:
            lab.expect(have["peak_bytes"] == total["peak_bytes"], f"{name}: peak {have['peak_bytes']}, not {total}")
    for space in ("device", "managed", "pinned"):
        owned = sum(each["live_bytes"] for each in report["owners"] if each["space"] == space)
        lab.expect(owned == report["spaces"][space]["live_bytes"], f"{space}: the owners have {owned} live")
        at_peak = sum(each["at_peak_bytes"] for each in report["owners"] if each["space"] == space)
        lab.expect(at_peak == report["spaces"][space]["peak_bytes"], f"{space}: the owners had {at_peak} at the peak")


def judge(laboratory, options, seed):
    variables = {"LD_LIBRARY_PATH": options.driver, "SIMCUDA_DEVICES": "4", "SIMCUDA_MEMORY": "4G", "SIMCUDA_FAIL": FAULTS,
                 "SIMCUDA_CONTEXT_BYTES": "16M"}
    command = [options.program, str(seed), "0" if options.kill else str(options.steps), str(options.threads)]
    if options.kill:
        process, folder = laboratory.start(options.mode, command, variables)
        time.sleep(random.Random(seed).uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        lab.expect(process.returncode == -signal.SIGKILL, f"it ended before with {process.returncode}")
        profile, = laboratory.profiles_in(folder)
        profile.check_sums()
        for form in ("text", "html", "pprof"):
            done = subprocess.run([options.weir, "report", "--format", form, str(profile.path)], capture_output=True)
            lab.expect(done.returncode == 0 or form != "text", f"{form}: {done.stderr!r}")
        return
    outcome = laboratory.run(options.mode, command, variables)
    lab.expect(outcome.status == 0, f"ended with {outcome.status}: {outcome.stderr.decode(errors='replace')}")
    account, profile = json.loads(outcome.stdout), outcome.parent
    is_alone = options.threads == 1
    check_sites(account, profile.report, is_alone)
    check_totals(account, profile.report, is_alone)
    profile.check_sums()
    lab.expect(profile.report["errors"] == [], f"errors: {profile.report['errors'][:2]}")
    for key in ("cuda_blocks_dropped", "cuda_frees_missed", "cuda_facts_dropped"):
        lab.expect(profile.coverage(key) == 0, f"{key}: {profile.coverage(key)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("weir", "library", "driver", "program"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--mode", default="preload")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("seeds", nargs="+", type=int)
    options = parser.parse_args()
    failed = 0
    for seed in options.seeds:
        laboratory = lab.Lab(options.weir, options.library)
        try:
            judge(laboratory, options, seed)
        except lab.Failure as failure:
            print(f"seed {seed}, {options.threads} threads, {options.mode}: {failure}")
            failed = 1
        finally:
            laboratory.close()
    return failed


sys.exit(main())

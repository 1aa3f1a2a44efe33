#!/usr/bin/env python3
"""What threads that run on have in flight, known to nobody for some milliseconds, is not called lost: two looks have to agree. (One
alone would call some 150 blocks lost each time.) What is really lost is found all the same."""
import json
import subprocess

import lab

BETWEEN_MS = 100  # two looks
SCANS, TRIES = 3, 12


def line(process):
    return process.stdout.readline().decode().strip()


def longest_ms(process):
    """For how long a batch was out at most since this was last asked."""
    process.stdin.write(b"\n")
    process.stdin.flush()
    return int(line(process))


def lost_in(report, function):
    return sum(site["blocks"] for site in report["leaks"]["sites"] if site["verdict"] == "lost"
               and any(function in (frame["function"] or "") for frame in site["frames"]))


def body(laboratory, programs):
    process, _ = laboratory.start("preload", [programs / "scan_hidden.O2"], stdin=subprocess.PIPE)
    judged = 0
    try:
        lab.expect(line(process) == "ready", "the program did not start")
        for _ in range(TRIES):
            longest_ms(process)
            done = subprocess.run([laboratory.weir, "ctl", str(process.pid), "scan", "--format", "json"],
                                  capture_output=True, text=True, timeout=120)
            lab.expect(done.returncode == 0, f"{done.returncode}: {done.stderr}")
            report = json.loads(done.stdout)
            lab.expect(lost_in(report, "lose") == 7, f"of 7 lost blocks {lost_in(report, 'lose')} were found")
            if longest_ms(process) >= BETWEEN_MS:
                continue  # on a busy machine a thread stood still from one look to the other
            lab.expect(lost_in(report, "stock") == 0, f"{lost_in(report, 'stock')} blocks in flight are called lost")
            judged += 1
            if judged == SCANS:
                break
    finally:
        process.communicate(timeout=60)
    lab.expect(process.returncode == 0, f"ended with {process.returncode}")
    if judged == 0:
        lab.skip("the machine is too busy: a thread stood still for as long as lies between two looks, each time")


lab.scenario(body)

#!/usr/bin/env python3
"""`weir ctl PID scan`: verdicts on a process that runs on and notices nothing, alone and with threads that never stand still; asked
again and again, with what it has lost meanwhile; what cannot be done is said in one line."""
import json
import os
import pathlib
import re
import subprocess
import time

import lab


def ctl(laboratory, *words):
    return subprocess.run([laboratory.weir, "ctl", *map(str, words)], capture_output=True, text=True, timeout=120)


def lost_in(text, function):
    sites = [site for site in json.loads(text)["leaks"]["sites"] if site["verdict"] == "lost"
             and any(function in (frame["function"] or "") for frame in site["frames"])]
    return sum(site["bytes"] for site in sites), sum(site["blocks"] for site in sites)


def line_of(process):
    return process.stdout.readline().decode().strip()


def wait_until_it_reads(process):
    """The stack of a thread that runs counts from end to end, with whatever is dead on it; one that waits in a call has a known end."""
    for _ in range(1000):
        if pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/syscall").read_text().startswith("0 "):
            return
        time.sleep(0.01)


def while_it_runs(laboratory, programs, threads):
    process, folder = laboratory.start("preload", [programs / "scan_forever.O2", str(threads)], stdin=subprocess.PIPE)
    try:
        lab.expect(line_of(process) == "ready", "the program did not start")
        lost = 7
        for turn in range(4):
            if threads > 1:
                wait_until_it_reads(process)
            done = ctl(laboratory, process.pid, "scan", "--format", "json")
            lab.expect(done.returncode == 0, f"{threads} threads: {done.returncode}: {done.stderr}")
            found = lost_in(done.stdout, "lose")
            lab.expect(found == (lost * 104, lost), f"{threads} threads, turn {turn}: lost {found}, not {lost} blocks")
            lab.expect(lost_in(done.stdout, "churn") == (0, 0), f"{threads} threads, turn {turn}: {lost_in(done.stdout, 'churn')} of churn")
            if threads > 1:
                process.stdin.write(b"\n")
                process.stdin.flush()
                lab.expect(line_of(process) == "more", "the program stands still")
                lost += 3
        (file,) = folder.rglob("*.weir")
        scan = laboratory.profile(file).coverage("scan")
        lab.expect(scan["looks_on_request"] == (2 if threads > 1 else 1), f"{threads} threads: {scan}")
        text = ctl(laboratory, process.pid, "scan").stdout
        lab.expect(re.search(r"lost", text) and "link_before" in text, f"the text names no lost block: {text}")
    finally:
        stdout, stderr = process.communicate(timeout=60)
    lab.expect(process.returncode == 6, f"{threads} threads: ended with {process.returncode}: {stderr}")
    lab.expect(stdout == b"foreign children 0\n", f"{threads} threads: {stdout}")
    profile = laboratory.profile(file)
    lab.expect(profile.coverage("scan")["looks_on_request"] == 0, "the look at the end is not the last one")
    lab.expect(profile.verdict("lost", "lose") == (lost * 104, lost), f"{threads} threads, at the end: {profile.verdict('lost', 'lose')}")


def refused(laboratory, programs):
    done = ctl(laboratory, 1 << 22, "scan")
    lab.expect(done.returncode == 2 and "there is no process" in done.stderr and done.stderr.count("\n") == 1, f"no process: {done}")
    done = ctl(laboratory, os.getpid(), "scan")
    lab.expect(done.returncode == 2 and "writes no profile" in done.stderr and done.stderr.count("\n") == 1, f"without weir: {done}")
    done = ctl(laboratory, os.getpid(), "dance")
    lab.expect(done.returncode == 2 and done.stderr.count("\n") == 1, f"no such request: {done}")
    for more, said in (({"WEIR_RECORD": "sampled"}, "not recorded exactly"), ({"WEIR_LEAK_SCAN": "off"}, "came to nothing")):
        process, _ = laboratory.start("preload", [programs / "scan_forever.O2", "1"], more, stdin=subprocess.PIPE)
        try:
            line_of(process)
            done = ctl(laboratory, process.pid, "scan")
            lab.expect(done.returncode in (1, 2) and said in done.stderr, f"{more}: {done}")
        finally:
            process.communicate(timeout=60)


def no_answer(laboratory, programs):
    """A process that does nothing does not answer; it does when it wakes up."""
    process, folder = laboratory.start("preload", [programs / "scan_forever.O2", "0"], stdin=subprocess.PIPE)
    try:
        line_of(process)
        done = ctl(laboratory, process.pid, "scan", "--wait", "0.3")
        lab.expect(done.returncode == 1 and "no answer in 0.3 s" in done.stderr, f"asleep: {done}")
    finally:
        process.communicate(timeout=60)
    lab.expect(process.returncode == 6, f"asleep: ended with {process.returncode}")


def body(laboratory, programs):
    for threads in (1, 2, 4):
        while_it_runs(laboratory, programs, threads)
    refused(laboratory, programs)
    no_answer(laboratory, programs)


lab.scenario(body)

#!/usr/bin/env python3
"""What a look through the heap has found stays where a later one fails, on request or at the end: with its time, and coverage says
how often later ones failed and why. The failure here: no address space is left for the look's tables."""
import json
import resource
import subprocess

import lab


def ask(laboratory, process):
    return subprocess.run([laboratory.weir, "ctl", str(process.pid), "scan", "--format", "json"],
                          capture_output=True, text=True, timeout=120)


def limit(process, is_tight):
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as numbers:
        now = int(numbers.read().split()[0]) * resource.getpagesize()
    hard = resource.prlimit(process.pid, resource.RLIMIT_AS)[1]
    resource.prlimit(process.pid, resource.RLIMIT_AS, (now if is_tight else hard, hard))


def scan_of(laboratory, file):
    return laboratory.profile(file).coverage("scan")


def expect_found(laboratory, file, blocks, what):
    found = laboratory.profile(file).verdict("lost", "lose")
    lab.expect(found == (blocks * 104, blocks), f"{what}: lost {found}, not {blocks} blocks")


def fails(laboratory, process, times):
    limit(process, True)
    done = ask(laboratory, process)
    limit(process, False)
    lab.expect(done.returncode == 1 and "came to nothing" in done.stderr, f"a look without room: {done.returncode}: {done.stderr}")
    scan = json.loads(done.stdout)["coverage"]["scan"]
    lab.expect([(each["result"], each["times"]) for each in scan["later_failures"]] == [("no_memory", times)], f"failures: {scan}")
    return scan


def body(laboratory, programs):
    process, folder = laboratory.start("preload", [programs / "scan_forever.O2", "1"], stdin=subprocess.PIPE)
    try:
        lab.expect(process.stdout.readline() == b"ready\n", "the program did not start")
        (file,) = folder.rglob("*.weir")
        lab.expect(ask(laboratory, process).returncode == 0, "the first look failed")
        first = scan_of(laboratory, file)
        lab.expect(first["later_failures"] == [] and first["last_failure_at_seconds"] is None, f"a good look: {first}")
        fails(laboratory, process, 1)
        second = fails(laboratory, process, 2)
        lab.expect((second["result"], second["at_seconds"]) == ("done", first["at_seconds"]), f"of which look is it? {second}")
        lab.expect(second["last_failure_at_seconds"] > first["at_seconds"], f"when did it fail? {second}")
        expect_found(laboratory, file, 7, "after looks that failed")
        # A good one sets all right again.
        lab.expect(ask(laboratory, process).returncode == 0, "the fourth look failed")
        fourth = scan_of(laboratory, file)
        lab.expect(fourth["later_failures"] == [] and fourth["at_seconds"] > first["at_seconds"], f"a good look later: {fourth}")
        limit(process, True)
    finally:
        process.communicate(timeout=60)
    lab.expect(process.returncode == 6, f"ended with {process.returncode}")
    at_end = scan_of(laboratory, file)
    lab.expect((at_end["result"], at_end["at_seconds"]) == ("done", fourth["at_seconds"]), f"at the end: {at_end}")
    lab.expect([(each["result"], each["times"]) for each in at_end["later_failures"]] == [("no_memory", 1)], f"at the end: {at_end}")
    expect_found(laboratory, file, 7, "at the end")
    text = subprocess.run([laboratory.weir, "report", str(file)], capture_output=True, text=True, timeout=120).stdout
    lab.expect("1 later look failed" in " ".join(text.split()), text)
    checked = subprocess.run([laboratory.weir, "check", "--max-lost", "1M", str(file)], capture_output=True, text=True, timeout=120)
    told = " ".join(checked.stdout.split())
    lab.expect(checked.returncode == 1 and "and 1 look after that failed" in told, f"weir check: {checked.returncode}: {told}")


lab.scenario(body)

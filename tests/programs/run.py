#!/usr/bin/env python3
"""Runs one workload of real programs without weir, under LD_PRELOAD (exact, and sampled often) and under `weir run`, and wants
no difference.

    run.py WEIR LIBRARY WORKLOAD.sh

A workload is a shell script with deterministic output. Its head says, in comments:

    needs: PROGRAM...      skipped, with the reason, where one is not installed (or a file, with its path)
    profiled: NAME...      the executables (as %e names them, or a pattern) that must each leave a profile with blocks in it
    tier: heavy            labelled so, too: the big ones
    row: GROUP | TEXT      makes it a row of the robustness matrix, of the group programs or another

Every program that it starts inherits the preload. Compared: stdout, stderr and exit status, byte by byte; with
`weir run` stderr may go on with the summary. Every profile must be readable.
"""
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "preload"))
import lab  # noqa: E402

MOST_PROFILES_READ = 12
LARGE = 4 << 20  # of such a profile (a compiler's) only the totals are read: its call stacks are a gigabyte of JSON


def words_of(text, order):
    found = re.search(rf"^# {order}: (.*)$", text, re.M)
    return found[1].split() if found else []


def go(laboratory, mode, workload):
    """One run in a folder of the same name each time, so that no output can differ by it."""
    work, profiles = laboratory.folder / "work", laboratory.folder / f"profiles-{mode}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    profiles.mkdir()
    environment = laboratory.environment(laboratory.folder, {
        "HOME": str(work), "LC_ALL": "C", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "TMPDIR": str(work)})
    words = ["/bin/bash", str(workload)]
    if mode == "cli":
        words = [laboratory.weir, "run", "-o", f"{profiles}/%e.%p.weir", "--", *words]
    elif mode in ("preload", "sampled"):
        if mode == "sampled":
            environment |= {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "4K"}
        words = ["env", f"LD_PRELOAD={laboratory.library}", f"WEIR_OUT={profiles}/%e.%p.weir", "WEIR_QUIET=1", *words]
    done = subprocess.run(words, env=environment, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, timeout=200)
    return done, sorted(profiles.glob("*.weir"))


def compare(what, wanted, found):
    """Failure, naming the first line that differs, unless both are the same bytes."""
    if wanted == found:
        return
    wanted, found = wanted.splitlines(), found.splitlines()
    for number, (a, b) in enumerate(zip(wanted, found), 1):
        if a != b:
            raise lab.Failure(f"{what} differs at line {number}: {a[:200]!r} without weir, {b[:200]!r} with")
    raise lab.Failure(f"{what} has {len(wanted)} lines without weir, {len(found)} with: {(wanted + found)[-1][:200]!r}")


def allocated(laboratory, file):
    return laboratory.report(file, "--only", "spaces")["spaces"]["host"]["allocated_blocks"]


def check(laboratory, workload):
    text = workload.read_text()
    for program in words_of(text, "needs"):
        if not (os.path.exists(program) if "/" in program else shutil.which(program)):
            lab.skip(f"{program} is not installed")
    bare, _ = go(laboratory, "bare", workload)
    lab.expect(bare.returncode == 0 and bare.stdout, f"the workload itself fails: {bare.returncode} {bare.stderr!r}")
    for mode in ("preload", "sampled", "cli"):
        done, files = go(laboratory, mode, workload)
        lab.expect(done.returncode == bare.returncode, f"{mode}: ended with {done.returncode}, not {bare.returncode}: {done.stderr[-500:]!r}")
        compare(f"{mode}: stdout", bare.stdout, done.stdout)
        if mode != "cli":
            compare(f"{mode}: stderr", bare.stderr, done.stderr)
        else:
            compare(f"{mode}: stderr", bare.stderr, done.stderr[:len(bare.stderr)])
            summary = done.stderr[len(bare.stderr):]
            lines = len(summary.splitlines())
            lab.expect(1 <= lines <= 20, f"{mode}: the summary has {lines} lines")
            continue  # the same profiles again
        wanted = words_of(text, "profiled")
        chosen = []
        for name in wanted:
            found = [file for file in files if fnmatch.fnmatch(file.name, name + ".*")]
            lab.expect(found, f"{name} left no profile; there are {[file.name for file in files][:20]}")
            # A child that was killed leaves the room in its file that it had taken in advance.
            largest = sorted(found, key=lambda file: file.stat().st_size)[-3:]
            chosen.append(max(largest, key=lambda file: allocated(laboratory, file)))
        # One of each program that the workload is about, then others, but none as big as a compiler's again.
        others = [file for file in files if file not in chosen and file.stat().st_size < 1 << 20]
        for file in (chosen + others)[:MOST_PROFILES_READ]:
            if file.stat().st_size > LARGE:
                host = laboratory.report(file, "--only", "spaces")["spaces"]["host"]
            else:
                profile = laboratory.profile(file)
                profile.check_sums()
                host = profile.host
            if file in chosen:
                lab.expect(host["allocated_blocks"] > 0, f"{file.name}: nothing was recorded")
    print(f"{workload.stem}: the same without, under LD_PRELOAD (exact and sampled) and under weir run; {len(files)} profiles")


def main():
    laboratory = lab.Lab(sys.argv[1], sys.argv[2])
    try:
        check(laboratory, pathlib.Path(sys.argv[3]).resolve())
    except (lab.Failure, subprocess.TimeoutExpired) as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
    finally:
        laboratory.close()


main()

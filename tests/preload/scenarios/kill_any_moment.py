#!/usr/bin/env python3
"""Killed at random moments: every profile is readable, and what it says is possible.

    kill_any_moment.py WEIR LIBRARY FOLDER_OF_PROGRAMS [KILLS [FIRST]]

A kill's number decides what is killed, and when.
"""
import collections
import concurrent.futures
import os
import random
import signal
import sys
import time

import lab

KILLS = 40  # by default
STARTING_S, READY_S = 0.02, 0.05  # within so many seconds of its start, or of its first word
HELD = (10000, 1000)
THREADS = 2  # at most, in each of these programs; no block of theirs is empty
# What it is at when it is killed, and how many blocks it may have at most: those that stay, and two threads' rings.
WORK = {
    "threads": (["churn_forever.O1", "forever"], 1000 + 2 * 256 + 64),
    "sites": (["killed_at_work.O1", "sites", "0"], 1000 + 2 * 256 + 64),
    "forks": (["killed_at_work.O1", "forks", "0"], 1000 + 64),
    "exec": (["killed_at_work.O1", "exec", "0"], 1000 + 64),
    "exits": (["killed_at_work.O1", "exits", "0"], 1000 + 64),
}


def check(profile, most_blocks):
    profile.check_sums()
    host = profile.host
    lab.expect(host["live_blocks"] <= most_blocks, f"too much is live: {host}")
    for site in profile.sites:
        for kind in ("blocks", "bytes"):
            made, freed, live = (site[f"{key}_{kind}"] for key in ("allocated", "freed", "live"))
            lab.expect(0 <= freed <= made and live == made - freed, f"a site that cannot be: {site}")
    # Of the operation that a thread was at, one of the two counts may be there and the other not yet.
    torn = [site for site in profile.sites if (site["live_bytes"] == 0) != (site["live_blocks"] == 0)]
    lab.expect(len(torn) <= THREADS, f"more call sites with blocks without bytes, or the reverse, than threads: {torn}")
    lab.expect(profile.process["end"] in ("killed", "exit", "replaced", "signal"), f"end is {profile.process['end']}")


def read(laboratory, file, most_blocks):
    """The profile; None where nothing can be read, which the tool must have said in one line."""
    try:
        profile = laboratory.profile(file)
    except lab.Failure as failure:
        lab.expect("ended with 2: weir: " in str(failure) and "\n" not in str(failure), f"{file.name}: {failure}")
        return None
    check(profile, most_blocks)
    return profile


def makes_files_without_a_name(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600))
        return True
    except OSError:
        return False


def kill_once(laboratory, programs, number):
    """Starts, kills, reads all that it left. How many could be read, and how many had no header yet."""
    chance = random.Random(number)
    kind = list(WORK)[number % len(WORK)]
    words, most_blocks = WORK[kind]
    is_starting = number // len(WORK) % 4 == 0
    mode = "sampled" if number // len(WORK) % 4 == 1 else "preload"
    process, folder = laboratory.start(mode, [programs / words[0], *words[1:]], start_new_session=True)
    if not is_starting:
        os.read(process.stdout.fileno(), 6)
    time.sleep(chance.uniform(0, STARTING_S if is_starting else READY_S if kind != "exits" else 0.004))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    where = f"kill {number} ({kind}, {mode}{', starting' if is_starting else ''})"
    try:
        profiles = [read(laboratory, file, most_blocks) for file in folder.rglob("*.weir*") if file.is_file()]
        found = [profile for profile in profiles if profile is not None]
        own = [profile for profile in found if profile.process["pid"] == process.pid]
        # One killed before its file had a name leaves nothing; once it has spoken there is no excuse.
        lab.expect(is_starting or own, "it left no profile")
        lab.expect(is_starting or HELD in [profile.live("hold") for profile in own], "what was held is not all there")
        headless = 0 if makes_files_without_a_name(folder) else 8 if kind == "forks" else 1
        lab.expect(len(profiles) - len(found) <= headless, "more files without a header than processes that were starting")
    except lab.Failure as failure:
        raise lab.Failure(f"{where}: {failure}") from None
    return len(found), len(profiles) - len(found)


def body(laboratory, programs):
    kills = int(sys.argv[4]) if len(sys.argv) > 4 else KILLS
    first = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    sums = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        try:
            for readable, headless in pool.map(lambda number: kill_once(laboratory, programs, number), range(first, first + kills)):
                sums.update(readable=readable, headless=headless)
        finally:
            pool.shutdown(cancel_futures=True)  # after the first that fails
    print(f"{kills} kills: {sums['readable']} profiles read, {sums['headless']} files without a header")
    lab.expect(sums["readable"] > kills * 0.8, "too few could be read")


lab.scenario(body)

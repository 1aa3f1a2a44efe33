#!/usr/bin/env python3
"""Killed at 50 random moments: every profile is readable, and what it says is possible."""
import os
import random
import signal
import time

import lab


def check(profile, held):
    host = profile.host
    lab.expect(host["allocated_blocks"] >= host["freed_blocks"], f"more freed than allocated: {host}")
    lab.expect(host["allocated_blocks"] - host["freed_blocks"] <= 1000 + 2 * 256 + 64, f"too much is live: {host}")
    lab.expect(not held or profile.live("hold") == (10000, 1000), f"what was held is {profile.live('hold')}")
    lab.expect(profile.process["end"] == "killed", f"end is {profile.process['end']}")


def body(laboratory, programs):
    random.seed(2)
    readable = 0
    for number in range(50):
        process, folder = laboratory.start("preload", [programs / "churn_forever.O1", "forever"])
        late = number % 2
        if late:
            os.read(process.stdout.fileno(), 6)
        time.sleep(random.uniform(0, 0.04))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        files = list(folder.rglob("*.weir"))
        lab.expect(files or not late, f"run {number} left no profile")
        # One killed before the file had its name, or its header, has nothing to read; later there is no excuse.
        for file in files if late else []:
            check(laboratory.profile(file), True)
            readable += 1
        for file in files if not late else []:
            try:
                profile = laboratory.profile(file)
            except lab.Failure as failure:
                lab.expect("ended with 2:" in str(failure), str(failure))
                continue
            check(profile, False)
            readable += 1
    print(f"{readable} of 50 profiles read")
    lab.expect(readable >= 25, f"only {readable} of 50 could be read")


lab.scenario(body)

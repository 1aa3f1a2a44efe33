#!/usr/bin/env python3
"""A profile read while its program runs: 20 times, each a whole report, the totals never going back."""
import os
import time

import lab


def body(laboratory, programs):
    process, folder = laboratory.start("preload", [programs / "churn_forever.O1", "forever"])
    try:
        os.read(process.stdout.fileno(), 6)
        (file,) = folder.rglob("*.weir")
        before = 0
        for _ in range(20):
            profile = laboratory.profile(file)
            lab.expect(profile.process["end"] == "running", f"end is {profile.process['end']}")
            lab.expect(profile.live("hold") == (10000, 1000), f"what was held is {profile.live('hold')}")
            lab.expect(profile.host["allocated_blocks"] >= before, "allocated_blocks went back")
            before = profile.host["allocated_blocks"]
            time.sleep(0.02)
        lab.expect(before > 10000, "the program hardly ran")
        lab.expect(process.poll() is None, "the program ended")
    finally:
        process.kill()
        process.communicate()


lab.scenario(body)

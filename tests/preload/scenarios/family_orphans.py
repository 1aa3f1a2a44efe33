#!/usr/bin/env python3
"""A process that outlives the command: `weir run` ends when the command ends, as the command would have, and the other's profile
goes on and is whole when it ends."""
import os
import time

import lab

SCRIPT = """
({program} forever > /dev/null 2>&1 & echo $! > orphan)
exit 7
"""


def body(laboratory, programs):
    process, folder = laboratory.start("cli", ["sh", "-c", SCRIPT.format(program=programs / "churn_forever.O1")])
    _, stderr = process.communicate(timeout=60)
    lab.expect(process.returncode == 7, f"weir run ended with {process.returncode}: {stderr!r}")
    orphan = int((folder / "orphan").read_text())
    try:
        lab.expect(os.path.exists(f"/proc/{orphan}"), "the orphan ended with the command")
        deadline = time.monotonic() + 60
        while not (found := [p for p in laboratory.profiles_in(folder) if p.process["pid"] == orphan and p.live("hold")[1] == 1000]):
            lab.expect(time.monotonic() < deadline, "the orphan's profile does not say what it holds")
            time.sleep(0.2)
        lab.expect(found[0].process["end"] in ("running", "unknown"), f"of a living process the profile says {found[0].process}")
    finally:
        os.kill(orphan, 15)
    deadline = time.monotonic() + 60
    while os.path.exists(f"/proc/{orphan}") and open(f"/proc/{orphan}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0] != "Z":
        lab.expect(time.monotonic() < deadline, "the orphan does not end")
        time.sleep(0.05)
    profile = next(p for p in laboratory.profiles_in(folder) if p.process["pid"] == orphan and "churn" in p.process["exe"])
    lab.expect(profile.live("hold") == (10000, 1000), f"what the orphan held is not all there: {profile.live('hold')}")


lab.scenario(body)

#!/usr/bin/env python3
"""Processes in different pid namespaces have the same numbers: each has a profile of its own. Skipped where namespaces cannot be
made."""
import subprocess

import lab


def body(laboratory, programs):
    inside = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        lab.skip("unshare --pid is not permitted")
    # In each namespace the program is process 1, and so is nobody else's profile: name and number are the same.
    script = " ".join([f"{' '.join(inside)} {programs / 'leak_exact.O2'} & "] * 5) + "wait; exit 0"
    outcome = laboratory.run("preload", ["sh", "-c", script], {"WEIR_QUIET": "1"})
    profiles = [p for p in outcome.profiles if "leak_exact" in p.process["exe"]]
    lab.expect(len(profiles) == 5, f"5 programs left {[p.path.name for p in profiles]}")
    numbers = {p.process["pid"] for p in profiles}
    lab.expect(numbers == {1}, f"they are no namesakes: {numbers}")
    for profile in profiles:
        profile.check_sums()
        lab.expect(profile.leaks("lose_small")[1] > 0 and profile.process["exit_code"] == 3, f"{profile.path.name} is not whole")


lab.scenario(body)

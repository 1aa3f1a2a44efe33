#!/usr/bin/env python3
"""A pre-fork server that forks 3,000 children: a profile for each child that allocated, none for the others, none lost, and
each of them small on the disk; the parent keeps no descriptor and no memory of it."""
import os

import lab

CHILDREN = 3000
MOST_DISK = 168 << 10  # of one child's profile


def body(laboratory, programs):
    outcome = laboratory.run("preload", [programs / "family_server.O2", str(CHILDREN)], {"WEIR_QUIET": "1"}, read=False, timeout=150)
    text = outcome.stdout.decode()
    lab.expect(outcome.status == 0, f"ended with {outcome.status}: {text} {outcome.stderr!r}")
    facts = dict(line.split(": ") for line in text.splitlines())
    lab.expect(facts["more descriptors"] == "0", f"the parent has {facts['more descriptors']} more descriptors")
    lab.expect(int(facts["more pages"]) < 200, f"the parent has {facts['more pages']} more pages")
    lab.expect(int(facts["more mappings"]) < 8, f"the parent has {facts['more mappings']} more mappings")
    files = sorted(outcome.folder.glob("*.weir"))
    lab.expect(len(files) == 1 + CHILDREN // 2, f"{len(files)} profiles of a parent and {CHILDREN // 2} children that allocated")
    disk = sorted(os.stat(file).st_blocks * 512 for file in files)
    lab.expect(disk[len(disk) // 2] <= MOST_DISK, f"half of the profiles take more than {disk[len(disk) // 2]} bytes of disk")
    for file in files[:: len(files) // 20]:
        profile = laboratory.profile(file)
        profile.check_sums()
        if profile.process["args"] and profile.live("lose_in_child")[1]:
            lab.expect(profile.live("lose_in_child") == (64, 1), f"{file.name}: {profile.live('lose_in_child')}")
    print(f"{len(files)} profiles of {disk[len(disk) // 2] >> 10} KiB each on the disk")


lab.scenario(body)

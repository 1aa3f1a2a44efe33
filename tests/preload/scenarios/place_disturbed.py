#!/usr/bin/env python3
"""Somebody disturbs the profile's place before or while the program runs: read-only, no inodes left, unmounted lazily, full, the profile
cut. The program never notices, but for the last: a page that is gone from a mapped file is SIGBUS, as docs/inside.md says."""
import os
import signal
import subprocess

import lab


def mount(place, options):
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "weir-test", place], capture_output=True)
    if done.returncode != 0:
        lab.skip("cannot mount a tmpfs here: " + done.stderr.decode(errors="replace").strip())


def disturbed(laboratory, program, out, disturb):
    """The program, disturbed when it is ready: status, stdout, and what weir says."""
    process, folder = laboratory.start("preload", [program], {"WEIR_OUT": str(out)}, stdin=subprocess.PIPE)
    lab.expect(process.stdout.readline() == b"ready\n", "the program does not begin")
    disturb()
    stdout, stderr = process.communicate(b"go\n", timeout=60)
    return process.returncode, stdout, [line for line in stderr.decode().splitlines() if line.startswith("weir:")]


def body(laboratory, programs):
    program = programs / "works_when_told.O2"

    # Nothing can be made there.
    for name, options in (("read-only", "size=1m,ro"), ("no-inodes", "size=1m,nr_inodes=1")):
        place = laboratory.folder / name
        mount(place, options)
        try:
            outcome = laboratory.run("preload", [program], {"WEIR_OUT": f"{place}/x.weir"})
            lab.expect(outcome.status == 0 and outcome.stdout == b"ready\ndone\n", f"{name}: ended with {outcome.status}")
            lab.expect(len(outcome.profiles) == 1 and outcome.profiles[0].leaks("lose") == (1000, 10), f"{name}: no profile elsewhere")
            lab.expect(b"cannot write the profile" in outcome.stderr, f"{name}: nothing said: {outcome.stderr}")
        finally:
            subprocess.run(["umount", place], check=False)

    # It goes away meanwhile, or fills up.
    place = laboratory.folder / "unmounted"
    mount(place, "size=32m")
    status, stdout, said = disturbed(laboratory, program, place / "x.weir",
                                     lambda: subprocess.run(["umount", "-l", place], check=True))
    lab.expect(status == 0 and stdout == b"done\n", f"unmounted: ended with {status}: {said}")

    place = laboratory.folder / "filled"
    mount(place, "size=1m")
    try:
        status, stdout, said = disturbed(
            laboratory, program, place / "x.weir",
            lambda: subprocess.run(["dd", "if=/dev/zero", f"of={place}/filler", "bs=4k"], capture_output=True))
        lab.expect(status == 0 and stdout == b"done\n", f"filled: ended with {status}: {said}")
        profile = laboratory.profile(place / "x.weir")
        lab.expect(profile.leaks("lose") == (1000, 10), "filled: what was recorded before is not in the profile")
        lab.expect(profile.host["allocated_blocks"] >= 5010, "filled: blocks were not counted")
        lab.expect(profile.coverage("growth_failures") > 0, "filled: the report does not say so")
    finally:
        subprocess.run(["umount", "-l", place], check=False)

    # The profile is cut to nothing: there is no way to survive it but a handler for SIGBUS, which is the program's.
    out = laboratory.folder / "cut.weir"
    status, stdout, said = disturbed(laboratory, program, out, lambda: os.truncate(out, 0))
    lab.expect(status == -signal.SIGBUS, f"cut: ended with {status}; if that is survived now, say so in docs/inside.md")


lab.scenario(body)

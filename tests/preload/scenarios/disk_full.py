#!/usr/bin/env python3
"""No room for the profile: at start, and when it wants to grow. The program never feels it (no SIGBUS), one line
says what happened, and what could be kept is readable."""
import os
import pathlib
import subprocess

import lab


def mount(place, size):
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "weir-test", place], capture_output=True)
    if done.returncode != 0:
        lab.skip("cannot mount a tmpfs here: " + done.stderr.decode(errors="replace").strip())


def body(laboratory, programs):
    for size, filled in (("64k", False), ("1m", True), ("320k", False), ("2m", False)):
        place = laboratory.folder / f"disk-{size}"
        mount(place, size)
        try:
            if filled:
                subprocess.run(["dd", "if=/dev/zero", f"of={place}/filler", "bs=4k"], capture_output=True)
            for name in ("many_sites.O0", "leak_exact.O2"):
                wanted = 3 if name.startswith("leak") else 0
                outcome = laboratory.run("preload", [programs / name], {"WEIR_OUT": f"{place}/x.%p.weir"})
                lab.expect(outcome.status == wanted, f"{name} on a disk of {size} ended with {outcome.status}: {outcome.stderr}")
                lines = [line for line in outcome.stderr.decode().splitlines() if line.startswith("weir:")]
                lab.expect(len(lines) <= 3, f"too many lines on a disk of {size}: {lines}")
                found = outcome.profiles + [laboratory.profile(file) for file in place.glob("*.weir")]
                lab.expect(found, f"{name} on a disk of {size} left no profile anywhere: {outcome.stderr}")
                if name.startswith("leak"):
                    lab.expect(any(p.leaks("lose_small") == (6400, 100) for p in found), f"{size}: the leak is not reported")
                else:
                    lab.expect(any(p.host["allocated_blocks"] == 32768 for p in found),
                               f"{size}: blocks {[p.host['allocated_blocks'] for p in found]}, not 32768")
                for file in pathlib.Path(place).glob("*.weir"):
                    os.remove(file)
        finally:
            subprocess.run(["umount", "-l", place], check=False)


lab.scenario(body)

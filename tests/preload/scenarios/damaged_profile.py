#!/usr/bin/env python3
"""A profile cut short or with a byte flipped gives a report or one clear line and exit 2, never a crash."""
import random
import subprocess

import lab


def judge(laboratory, file, what):
    done = subprocess.run([laboratory.weir, "report", "--format", "json", file], capture_output=True, timeout=60)
    lines = done.stderr.decode(errors="replace").splitlines()
    lab.expect(done.returncode in (0, 2), f"{what}: weir report ended with {done.returncode}: {lines}")
    lab.expect(done.returncode == 0 or (len(lines) == 1 and lines[0].startswith("weir: ")), f"{what}: said {lines}")
    return done.returncode


def body(laboratory, programs):
    random.seed(3)
    outcome = laboratory.run("preload", [programs / "leak_exact.O2"])
    good = outcome.parent.path.read_bytes()
    file = laboratory.folder / "damaged.weir"
    refused = 0
    for number in range(30):
        file.write_bytes(good[:random.choice([number, random.randrange(len(good)), number * 16384])])
        refused += judge(laboratory, file, f"cut {number}") == 2
    for number in range(70):
        bad = bytearray(good)
        place = random.randrange(1024) if number % 2 else random.randrange(len(bad))
        bad[place] ^= 1 << random.randrange(8)
        file.write_bytes(bad)
        refused += judge(laboratory, file, f"bit flipped in byte {place}") == 2
    lab.expect(refused > 10, f"only {refused} of 100 damaged files were refused")
    newer = bytearray(good)
    newer[8] = 200
    file.write_bytes(newer)
    done = subprocess.run([laboratory.weir, "report", file], capture_output=True, text=True)
    lab.expect(done.returncode == 2 and "newer" in done.stderr and done.stderr.count("\n") == 1, f"a newer version: {done.stderr}")


lab.scenario(body)

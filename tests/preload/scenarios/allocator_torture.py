#!/usr/bin/env python3
"""The allocator under torture in every mode, from several seeds: contents stay, and the books balance at the end.

    allocator_torture.py WEIR LIBRARY FOLDER_OF_PROGRAMS [OPERATIONS [SEEDS]]
"""
import sys

import lab

MODES = {
    "exact": {},
    "off": {"WEIR_RECORD": "off"},
    "every byte sampled": {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "1"},
    "sampled every 1000 bytes": {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "1000"},
    "sampled every 512K": {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "512K"},
}


def body(laboratory, programs):
    operations, seeds = (*sys.argv[4:], *("20000", "1")[len(sys.argv) - 4:])
    for seed in range(2, 2 + int(seeds)):
        for name, environment in MODES.items():
            words = [programs / "torture_contents.O2", seed, operations]
            outcome = laboratory.run("preload", words, dict(environment), timeout=900)
            where = f"{name}, seed {seed}"
            lab.expect(outcome.status == 0 and outcome.stdout == b"every byte was there\n", f"{where}: {outcome.status} {outcome.stderr.decode()}")
            for profile in outcome.profiles:
                profile.check_sums()
                lab.expect(profile.report["errors"] == [], f"{where}: {profile.report['errors'][:2]}")
            if name in ("exact", "every byte sampled"):
                lab.expect(outcome.parent.live("make") == (0, 0), f"{where}: live at the end: {outcome.parent.live('make')}")
                lab.expect(outcome.parent.live("resize") == (0, 0), f"{where}: live at the end: {outcome.parent.live('resize')}")
        print(f"seed {seed}: {len(MODES)} modes, {operations} operations in each of 4 threads")


lab.scenario(body)

#!/usr/bin/env python3
"""WEIR_FOLLOW, as a table: for each value and each way to start something, which processes leave a profile, and what an executed
program finds in LD_PRELOAD. Other libraries in the list stay, in their order."""
import sys

import lab

# Processes by what they are: `first` was started, `copy` is its fork, `leaf` an executed image, `shell` one in between.
FORK = {"none": {"first"}, "fork": {"first", "copy"}, "exec": {"first"}, "all": {"first", "copy"}}
EXEC = {"none": {"first"}, "fork": {"first"}, "exec": {"first", "leaf"}, "all": {"first", "leaf"}}
TABLE = {
    "fork": FORK,
    "exec": EXEC,
    "fork+exec": {"none": {"first"}, "fork": {"first", "copy"}, "exec": {"first", "leaf"}, "all": {"first", "copy", "leaf"}},
    "posix_spawn": EXEC,
    "vfork+exec": EXEC,
    # dash runs its last command by a fork; -c with one simple command is executed in place.
    "system": {"none": {"first"}, "fork": {"first"}, "exec": {"first", "leaf", "shell"}, "all": {"first", "leaf", "shell"}},
    "python": {"none": {"first"}, "fork": {"first"}, "exec": {"first", "leaf"}, "all": {"first", "leaf"}},
}
OTHERS = ["/lib/x86_64-linux-gnu/libdl.so.2", "/lib/x86_64-linux-gnu/libpthread.so.0"]


def kind(profile, first):
    if profile is first:
        return "first"
    if profile.process["args"][1:] == ["leaf"]:
        return "leaf"
    return "copy" if profile.process["exe"] == first.process["exe"] else "shell"


def body(laboratory, programs):
    program = str(programs / "family_ways.O2")
    weir = laboratory.library
    for way, row in TABLE.items():
        command = [program, way]
        if way == "python":
            if not __import__("shutil").which("python3"):
                continue
            command = [sys.executable, "-c", f"import subprocess; subprocess.run([{program!r}, 'leaf'], check=True)"]
        for value, wanted in row.items():
            for others in [OTHERS] if value in ("none", "exec") else [[]]:
                around = ":".join([*others[:1], weir, *others[1:]])
                words = ["env", f"LD_PRELOAD={around}", f"WEIR_FOLLOW={value}", "WEIR_OUT=@DIR@/%e.%p.weir", "WEIR_QUIET=1", *command]
                outcome = laboratory.run("bare", words)
                what = f"{way}, WEIR_FOLLOW={value}{', other preloads' if others else ''}"
                lab.expect(outcome.status == 0 and not outcome.stderr, f"{what}: {outcome.status} {outcome.stderr!r}")
                profiles = laboratory.profiles_in(outcome.folder)
                first = next(p for p in profiles if p.process["args"][1:] != ["leaf"] and "family_ways" in " ".join(p.process["args"])
                             and p.process["parent_pid"] not in {q.process["pid"] for q in profiles})
                found = {kind(profile, first) for profile in profiles}
                lab.expect(found == wanted, f"{what}: profiles of {sorted(found)}, not of {sorted(wanted)}")
                saw = outcome.stdout.decode().strip()
                executed = way != "fork"
                keeps = value in ("exec", "all")
                expected = around if keeps else ":".join(others) if executed else None
                if expected is not None:
                    lab.expect(saw == expected or (expected == "" and saw in ("", "-")), f"{what}: the program finds LD_PRELOAD={saw}")
    print(f"{len(TABLE)} ways, 4 values")


lab.scenario(body)

#!/usr/bin/env python3
"""The kernel's out-of-memory killer, in a memory control group of its own: SIGKILL, and the profile has all up to then."""
import os
import pathlib
import signal

import lab

LIMIT = 96 << 20


def make_group():
    """A memory group that kills at LIMIT, or a reason why there is none."""
    for root, limit, swap in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
                              ("/sys/fs/cgroup", "memory.max", "memory.swap.max")):
        if not pathlib.Path(root, "cgroup.procs").exists():
            continue
        group = pathlib.Path(root, f"weir-test-{os.getpid()}")
        try:
            group.mkdir()
        except OSError as error:
            return None, f"no control group can be made: {error}"
        try:
            (group / limit).write_text(str(LIMIT))
        except OSError as error:
            group.rmdir()
            return None, f"the group's memory cannot be limited: {error}"
        if (group / swap).exists():
            (group / swap).write_text(str(LIMIT if "memsw" in swap else 0))
        return group, None
    return None, "no memory control groups here"


def body(laboratory, programs):
    group, reason = make_group()
    if group is None:
        lab.skip(reason)
    try:
        join = f"echo $$ > {group}/cgroup.procs"
        for mode in ("bare", "preload", "sampled"):
            outcome = laboratory.run(mode, [programs / "eat_memory.O2", 1000], before=join)
            lab.expect(outcome.status == -signal.SIGKILL, f"{mode}: ended with {outcome.status}: {outcome.stderr.decode()}")
            if mode == "bare":
                continue
            (profile,) = outcome.profiles
            profile.check_sums()
            lab.expect(profile.process["end"] == "killed" and profile.live("lose") == (500, 5), f"{mode}: {profile.process}")
            size, blocks = profile.live("eat")
            lab.expect(size == blocks << 20 and LIMIT * 0.7 < size < LIMIT * 1.1, f"{mode}: {size} bytes in {blocks} blocks were live")
            print(f"{mode}: killed with {blocks} blocks of 1 MiB live, of {LIMIT >> 20} MiB allowed")
    finally:
        group.rmdir()


lab.scenario(body)

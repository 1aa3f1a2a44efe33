#!/usr/bin/env python3
"""262,144 different stacks, each met twice: the program runs on and each has one site of its own. In a profile with room
for fewer, the others are counted together as unknown, and how many is told."""
import json

import lab
from stack_library_replaced import compile

STACKS = 1 << 18
PROGRAM = r"""
#include <stdlib.h>
#define NOINLINE __attribute__((noinline))
static void* volatile kept;
NOINLINE static void step(int depth) {  // 8 call sites, 6 deep
  if (depth == 0) { free(kept = malloc(24)); return; }
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
  step(depth - 1); kept = NULL;
}
int main(void) {
  for (volatile int round = 0; round < 2; ++round) step(6);
  return 0;
}
"""


def run(laboratory, program, room):
    outcome = laboratory.run("preload", [program], {"WEIR_PROFILE_MAX": room}, read=False, timeout=100)
    lab.expect(outcome.status == 0, f"with {room} it ended with {outcome.status}: {outcome.stderr!r}")
    (path,) = outcome.folder.glob("*.weir")
    report = laboratory.report(path)
    path.unlink()
    host = report["spaces"]["host"]
    lab.expect(host["allocated_blocks"] == host["freed_blocks"] == 2 * STACKS, f"with {room}: {host}")
    sites = [site for site in report["sites"] if site["allocated_bytes"] == 2 * 24]
    lab.expect(sum(site["allocated_blocks"] for site in report["sites"]) == 2 * STACKS, f"with {room}: the sites do not add up")
    return sites, report["coverage"]


def body(laboratory, _programs):
    program = compile(laboratory.folder, "program", PROGRAM, "-fno-inline")
    sites, coverage = run(laboratory, program, "64M")
    lab.expect(len(sites) == STACKS, f"{len(sites)} sites, not {STACKS}")
    lab.expect(coverage["sites_dropped"] == 0, f"dropped: {coverage}")
    stacks = {json.dumps([frame["offset"] for frame in site["frames"]]) for site in sites[::16]}
    lab.expect(len(stacks) == len(sites[::16]), "two sites have the same stack")

    few, coverage = run(laboratory, program, "4M")
    lab.expect(1000 < len(few) < STACKS // 2, f"with 4M: {len(few)} sites")
    lab.expect(coverage["sites_dropped"] >= STACKS - len(few), f"with 4M: {len(few)} sites and {coverage}")


lab.scenario(body)

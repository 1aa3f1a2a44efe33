#!/usr/bin/env python3
"""Runs one cell row of the interposition matrix: every kind of memory through one route.

    run.py --weir W --library L --driver FOLDER [--mode preload|cli|sampled] [--preload-before SO] [--preload-after SO]
           [--kinds all|python] [--route NAME] COMMAND [ARG...]

The program runs without weir and under it: same status, same output. Then every kind's leaks are in the report, to the
byte, under the function that lost them; what was freed is not; and coverage names the route that was used.
"""
import argparse
import os
import sys

import lab

# kind: (space, kind in the report, bytes of a block of factor 1)
KINDS = {
    "plain": ("device", "plain", 100000),
    "pitch": ("device", "plain", 30000),
    "host": ("pinned", "plain", 30000),
    "host_flags": ("pinned", "plain", 40000),
    "registered": ("pinned", "registered", 8192),
    "managed": ("managed", "plain", 70000),
    "ordered": ("device", "stream_ordered", 80000),
    "from_pool": ("device", "stream_ordered", 90000),
    "plain_freed_in_order": ("device", "plain", 100000),
    "array": ("device", "array", 64 * 32 * 8),
    "array_3d": ("device", "array", 16 * 16 * 4 * 4),
    "mipmap": ("device", "array", 64 * 64 * 4),
    "physical": ("device", "physical", 2 << 20),
}
LOST, USED = 2, 3


def sites_through(report, function):
    return [site for site in report["sites"] if site["space"] != "host"
            and any(lab.plain(frame["function"]) == function for frame in site["frames"])]


def check_kind(report, name, space, kind, each):
    for function, blocks, live, factor in ((f"leak_{name}", LOST, LOST, 1), (f"use_{name}", USED, 0, 2)):
        sites = sites_through(report, function)
        lab.expect(sites, f"{function} has no site")
        lab.expect({(site["space"], site["kind"]) for site in sites} == {(space, kind)},
                   f"{function}: not {space}, {kind}: {[(site['space'], site['kind']) for site in sites]}")
        found = {key: sum(site[key] for site in sites)
                 for key in ("live_blocks", "live_bytes", "allocated_blocks", "allocated_bytes")}
        wanted = {"live_blocks": live, "live_bytes": live * factor * each,
                  "allocated_blocks": blocks, "allocated_bytes": blocks * factor * each}
        lab.expect(found == wanted, f"{function}: {found}, not {wanted}")
        if space in ("device", "managed"):
            lab.expect({site["device"] for site in sites} == {0}, f"{function}: device is {sites[0]['device']}")
    leaks = [leak for leak in report["leaks"]["sites"] if leak["space"] != "host"
             and any(lab.plain(frame["function"]) == f"leak_{name}" for frame in leak["frames"])]
    lost = sum(leak["bytes"] for leak in leaks), sum(leak["blocks"] for leak in leaks)
    lab.expect(lost == (LOST * each, LOST) and {leak["space"] for leak in leaks} == {space},
               f"leak_{name}: the leaks say {leaks}")


def check_totals(report, kinds):
    for space in ("device", "pinned", "managed"):
        totals = report["spaces"][space]
        mine = [(each, name) for name, (where, _, each) in kinds.items() if where == space]
        live = sum(LOST * each for each, _ in mine)
        allocated = live + sum(USED * 2 * each for each, _ in mine)
        found = totals["live_bytes"], totals["allocated_bytes"], totals["freed_bytes"]
        lab.expect(found == (live, allocated, allocated - live),
                   f"{space}: live, allocated, freed are {found}, not {(live, allocated, allocated - live)}")
        lab.expect(totals["peak_bytes"] >= live, f"{space}: the peak {totals['peak_bytes']} is below what is live")
        over_sites = sum(site["live_bytes"] for site in report["sites"] if site["space"] == space)
        lab.expect(over_sites == live, f"{space}: the sites sum up to {over_sites}, the space to {live}")


def check_python(report):
    """Python's functions are not in its stacks: the kinds are told by space and kind alone."""
    check_totals(report, KINDS)
    for space, kind in {(space, kind) for space, kind, _ in KINDS.values()}:
        lost = sum(LOST * each for where, what, each in KINDS.values() if (where, what) == (space, kind))
        sites = [site for site in report["sites"] if (site["space"], site.get("kind")) == (space, kind)]
        found = sum(site["live_bytes"] for site in sites), sum(site["allocated_bytes"] for site in sites)
        lab.expect(found == (lost, lost + lost // LOST * USED * 2), f"{space}, {kind}: live and allocated are {found}")
    lab.expect(all(site["frames"] for site in report["sites"] if site["space"] != "host"), "a site has no frames")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--driver", required=True, help="folder of the simulated libcuda.so.1, and of a runtime")
    parser.add_argument("--mode", default="preload")
    parser.add_argument("--preload-before", default="")
    parser.add_argument("--preload-after", default="")
    parser.add_argument("--kinds", default="all")
    parser.add_argument("--route", default="")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    library = " ".join(filter(None, (options.preload_before, options.library, options.preload_after)))
    laboratory = lab.Lab(options.weir, options.library)
    others = " ".join(filter(None, (options.preload_before, options.preload_after)))
    variables = {"LD_LIBRARY_PATH": options.driver}
    if options.preload_after:  # what it sees of our calls is to be the program's calls
        variables["WEIR_DEVICE_POOL"] = "off"
    try:
        bare = laboratory.run("bare", ["env", f"LD_PRELOAD={others}", *options.command], variables)
        if others:
            laboratory.library = library
        under = laboratory.run(options.mode, options.command, variables)
        lab.expect(bare.status == 0, f"without weir it ends with {bare.status}: {bare.stderr.decode(errors='replace')}")
        lab.expect((under.status, under.stdout) == (bare.status, bare.stdout),
                   f"under weir: {under.status}, {under.stdout!r}; without: {bare.stdout!r}; {under.stderr.decode(errors='replace')}")
        lab.expect(len(under.profiles) == 1, f"{len(under.profiles)} profiles, not 1")
        report = under.profiles[0].report
        if options.kinds == "all":
            for name, (space, kind, each) in KINDS.items():
                check_kind(report, name, space, kind, each)
            check_totals(report, KINDS)
        else:
            check_python(report)
        lab.expect(report["errors"] == [], f"errors: {report['errors']}")
        routes = report["coverage"]["routes"]
        if options.route:
            lab.expect(routes.get(options.route, 0) > 0, f"no call came by {options.route}: {routes}")
        lab.expect(report["coverage"]["unhooked_symbols"] == [], f"unhooked: {report['coverage']['unhooked_symbols']}")
    except lab.Failure as failure:
        print(f"{os.path.basename(options.command[0])}: {failure}")
        return 1
    finally:
        laboratory.close()
    return 0


sys.exit(main())

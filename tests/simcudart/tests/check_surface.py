#!/usr/bin/env python3
"""Holds simcudart to the surface of the toolkit's runtime and to its way to the driver.

    check_surface.py LIBCUDART SHARED STATIC SOURCES

SHARED has LIBCUDART's soname and exports exactly its names, with its version; STATIC defines each of them once, hidden; neither
refers to a function of the driver; every request in SOURCES for a driver function is one that the real runtime makes
(lookups.txt), and every such function is typed by its name.
"""
import collections
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def output(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def exported(library):
    rows = (line.split() for line in output("nm", "-D", "--defined-only", library).splitlines())
    return {row[2].replace("@@", "@") for row in rows if row[1] in "TW"}


def soname(library):
    return re.search(r"SONAME.*\[(.*)\]", output("readelf", "-dW", library))[1]


def surface_problems(real, shared, static):
    problems = [f"soname {soname(shared)}, wanted {soname(real)}"] if soname(real) != soname(shared) else []
    problems += [f"{name}: not exported" for name in sorted(exported(real) - exported(shared))]
    problems += [f"{name}: exported, but not by the real one" for name in sorted(exported(shared) - exported(real))]
    rows = (line.split() for line in output("nm", "--defined-only", static).splitlines())
    times = collections.Counter(row[2] for row in rows if len(row) == 3 and row[1] in "TW")
    names = {name.split("@")[0] for name in exported(real)}
    problems += [f"{name}: {times[name]} times in the static library" for name in sorted(names) if times[name] != 1]
    seen = re.findall(r"GLOBAL +(\w+) +\d+ ((?:__)?cuda\w+)$", output("readelf", "-sW", static), re.M)
    problems += [f"{name}: {sight.lower()} in the static library" for sight, name in seen if sight != "HIDDEN"]
    for library, words in ((shared, ["-D"]), (static, [])):
        wanted = re.findall(r" U (cu[A-Z]\w*)", output("nm", *words, "--undefined-only", library))
        problems += [f"{library}: refers to {name}" for name in sorted(set(wanted))]
    return problems


def request_problems(sources):
    known = {tuple(line.split()) for line in (HERE / "lookups.txt").read_text().splitlines() if not line.startswith("#")}
    problems = []
    for path in sorted(pathlib.Path(sources).glob("*/*.cpp")):
        for kind, name, version in re.findall(r"\b(DRIVER|STREAMED)\((\w+), (\d+)\)", path.read_text()):
            requests = [(name, version)]
            if kind == "STREAMED":
                requests.append((name, str(max(int(version), 7000)), "per-thread"))
            problems += [f"{path.name}: the real runtime never asks for {' '.join(request)}"
                         for request in requests if request not in known]
    return problems


def main():
    real, shared, static, sources = sys.argv[1:]
    found = surface_problems(real, shared, static) + request_problems(sources)
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()

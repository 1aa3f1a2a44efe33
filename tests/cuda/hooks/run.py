#!/usr/bin/env python3
"""Runs one program under weir with a simulated driver, and holds what the profile says against what the program says of itself.

    run.py --library LIBWEIR --facts FACTS --driver FOLDER --place FOLDER --source FILE --program EXECUTABLE -- WORDS...

The program prints, among other things, lines

    expect KEY NUMBER       exactly that (facts.cpp prints the keys; one that is not printed is 0)
    expect KEY >NUMBER      more than that
    child KEY NUMBER        the same of the child's profile

and exits 0, or with 77 when the machine cannot do what it is about. Orders in its head comment:

    // run: WORDS           one test with these words as arguments (read by CMake, too)
    // env NAME=VALUE       @PLACE@ stands for the folder of the built libraries
    // before: A.so         preloaded before libweir.so
    // after: A.so          … after it
    // driver: FOLDER       another driver, in this folder of the libraries
    // bare: no             does not run without weir
    // output: same         what it prints besides "expect" and "child" is the same with and without weir
"""
import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def orders(source, word):
    return re.findall(rf"^// {word}:? (.*)$", source.read_text(), re.M)


def environment(options, folder, with_weir):
    libraries = {name: [str(options.place / library) for library in orders(options.source, name)] for name in ("before", "after")}
    preload = libraries["before"] + [str(options.library)] * with_weir + libraries["after"]
    other = orders(options.source, "driver")
    driver = options.place / other[0] if other else options.driver
    own = dict(word.replace("@PLACE@", str(options.place)).split("=", 1) for word in orders(options.source, "env"))
    own.update(word.split("=", 1) for word in options.words if word.startswith("WEIR_"))
    return {**os.environ, "LD_LIBRARY_PATH": str(driver), "LD_PRELOAD": ":".join(preload), "WEIR_QUIET": "1",
            "WEIR_OUT": f"{folder}/%p.weir", "PLACE": str(options.place), **own}


def run(options, folder, with_weir):
    words = [word for word in options.words if not word.startswith("WEIR_")]
    done = subprocess.run([options.program, *words], env=environment(options, folder, with_weir), cwd=folder, text=True,
                          capture_output=True, timeout=60)
    if done.returncode == 77:
        print(f"skipped: {done.stdout.strip()}")
        sys.exit(77)
    if done.returncode != 0:
        sys.exit(f"the program ended with {done.returncode} {'under' if with_weir else 'without'} weir:\n{done.stdout}{done.stderr}")
    return done.stdout


def facts(options, profile):
    done = subprocess.run([options.facts, profile], capture_output=True, text=True, timeout=60, check=True)
    return {key: int(number) for key, number in map(str.split, done.stdout.splitlines())}


def results(said):
    return [line for line in said.splitlines() if not line.startswith(("expect ", "child "))]


def wrong(wanted, found, whose):
    for key, number in wanted:
        have = found.get(key, 0)
        if number.startswith(">") and have > int(number[1:]):
            continue
        if number.startswith(">") or have != int(number):
            yield f"{whose} {key}: {have}, expected {number}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("library", "facts", "driver", "place", "source", "program"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bare = run(options, folder, with_weir=False) if orders(options.source, "bare") != ["no"] else None
        said = run(options, folder, with_weir=True)
        profiles = [facts(options, path) for path in pathlib.Path(folder).glob("*.weir")]
        pids = {profile["process.pid"] for profile in profiles}
        profiles.sort(key=lambda profile: profile["process.parent_pid"] in pids)  # the parent's first
        if not profiles:
            sys.exit("the program left no profile")
        wanted = {whose: re.findall(rf"^{whose} (\S+) (\S+)$", said, re.M) for whose in ("expect", "child")}
        if not wanted["expect"]:
            sys.exit("the program expects nothing")
        problems = list(wrong(wanted["expect"], profiles[0], "expect"))
        if wanted["child"]:
            problems += wrong(wanted["child"], profiles[1], "child")
        if orders(options.source, "output") == ["same"]:
            problems += difflib.unified_diff(results(bare), results(said), "without weir", "with weir", n=0, lineterm="")
    print("\n".join(problems + [said]) if problems else f"{len(wanted['expect']) + len(wanted['child'])} facts as expected")
    return 1 if problems else 0


sys.exit(main())

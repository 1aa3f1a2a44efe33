#!/usr/bin/env python3
"""Runs one program of tests/cuda/programs over the simulated driver and compares what it prints with its head comment.

    run.py --source X.cu --driver FOLDER [--runtime FOLDER] PROGRAM
    run.py --self-test

In the head comment of a program:
    // prints: a line of stdout, in order        // env: NAME=VALUE        // nvcc: words for the compiler
The program must end with 0 and the runtime must say nothing.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def orders(source, word):
    return re.findall(rf"^// {word}: (.*)$", pathlib.Path(source).read_text(), re.M)


def problems(source, command, environment):
    run = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment)
    wanted, found = orders(source, "prints"), run.stdout.splitlines()
    lines = [f"ended with {run.returncode}"] if run.returncode != 0 else []
    lines += [f"line {at}: wanted '{want}', found '{have}'"
              for at, (want, have) in enumerate(zip(wanted, found), 1) if want != have]
    if len(wanted) != len(found):
        lines.append(f"{len(found)} lines printed, {len(wanted)} wanted: {found[len(wanted):]}")
    return lines + [f"stderr: {line}" for line in run.stderr.splitlines() if line.startswith(("simcudart:", "simcuda:"))]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "x.cu"
        source.write_text("// prints: one\n// prints: two\n")
        rows = [("echo one; echo two", 0), ("echo one; echo too", 1), ("echo one", 1), ("echo one; echo two; echo three", 1),
                ("echo one; echo two; exit 3", 1), ("echo one; echo two; echo simcudart: x >&2", 1)]
        wrong = [words for words, count in rows if len(problems(source, ["sh", "-c", words], os.environ)) != count]
    sys.exit(f"not as expected: {wrong}" if wrong else 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source")
    parser.add_argument("--driver")
    parser.add_argument("--runtime")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("program", nargs="?")
    asked = parser.parse_args()
    if asked.self_test:
        self_test()
    places = [place for place in (asked.driver, asked.runtime) if place]
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(places)}
    environment.update(word.split("=", 1) for word in orders(asked.source, "env"))
    found = problems(asked.source, [asked.program], environment)
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()

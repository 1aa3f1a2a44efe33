#!/usr/bin/env python3
"""Runs real programs under the judge (judge.hpp) and wants every compared stack to be libunwind's.

    run.py --judge LIBRARY --every N --floor N WORKLOAD.sh          a workload of tests/programs
    run.py --judge LIBRARY --every N --floor N --compile "g++ -O2" PROGRAM.cpp
    run.py --judge LIBRARY --every N --floor N --without-glibc …    finds code as with a glibc before 2.35
    run.py --judge LIBRARY --every N --floor N --self-test …        wants falsified stacks to be noticed

The floor: so many stacks must have been compared in the executables that the workload is about ("profiled:" in its
head), and a fifth as many recognised ones among them. Without it a judge that sees nothing would be content.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "preload"))
import lab  # noqa: E402

COUNTS = ("calls", "walked", "recognised", "compared", "recognised_compared", "differences", "wrongly_recognised",
          "incomplete", "truncated", "skipped", "without_room")


def words_of(text, order):
    found = re.search(rf"^(?:#|//) {order}: (.*)$", text, re.M)
    return found[1].split() if found else []


def compiled(laboratory, compiler, source):
    words = compiler.split()
    if not shutil.which(words[0]):
        lab.skip(f"{words[0]} is not installed")
    program = laboratory.folder / source.stem
    done = subprocess.run([*words, "-std=c++20", "-g", "-pthread", str(source), "-o", str(program)],
                          capture_output=True, text=True, timeout=200)
    lab.expect(done.returncode == 0, f"{compiler} fails: {done.stderr[-2000:]}")
    return [str(program)]


def judged(laboratory, command, variables):
    """The lines that the processes of one run left."""
    work, out = laboratory.folder / "work", laboratory.folder / "judged.json"
    work.mkdir()
    environment = laboratory.environment(laboratory.folder, {
        "HOME": str(work), "LC_ALL": "C", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "TMPDIR": str(work), **variables})
    done = subprocess.run(["env", f"LD_PRELOAD={laboratory.library}", f"WEIR_JUDGE_OUT={out}", *command],
                          env=environment, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, timeout=250)
    lab.expect(done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-1000:]!r}")
    lab.expect(out.exists(), "no process left a result")
    return [json.loads(line) for line in out.read_text().splitlines()]


def sums(results):
    return {name: sum(result[name] for result in results) for name in COUNTS}


def check(laboratory, options):
    source = pathlib.Path(options.workload).resolve()
    text = source.read_text()
    for program in words_of(text, "needs"):
        if not shutil.which(program):
            lab.skip(f"{program} is not installed")
    command = compiled(laboratory, options.compile, source) if options.compile else ["/bin/bash", str(source)]
    variables = {"WEIR_JUDGE_EVERY": str(options.every), "WEIR_JUDGE_DEPTH": str(options.depth)}
    if options.self_test:
        variables["WEIR_JUDGE_BREAK"] = "100"
    if options.without_glibc:
        variables["WEIR_JUDGE_WITHOUT_GLIBC"] = "1"
    results = judged(laboratory, command, variables)
    about = words_of(text, "profiled") or [source.stem]
    mine, all_ = sums([result for result in results if result["program"] in about]), sums(results)
    print(f"{' '.join(about)}: {mine}\nall {len(results)} processes: {all_}")
    told = "; ".join(line for result in results for line in result["described"])
    lab.expect(mine["compared"] >= options.floor, f"only {mine['compared']} stacks were compared, not {options.floor}")
    lab.expect(mine["recognised_compared"] >= options.floor // 5, f"only {mine['recognised_compared']} were recognised ones")
    if options.self_test:
        wrong = all_["differences"] + all_["wrongly_recognised"]
        lab.expect(all_["differences"] > 0 and all_["wrongly_recognised"] > 0, f"falsified stacks went unnoticed: {all_}")
        lab.expect(wrong >= mine["compared"] // 100, f"of {mine['compared']} only {wrong} were noticed")
        lab.expect("libunwind" in told and "+0x" in told, f"no difference is described: {told!r}")
        return
    lab.expect(all_["differences"] == 0, f"{all_['differences']} stacks differ: {told}")
    lab.expect(all_["wrongly_recognised"] == 0, f"{all_['wrongly_recognised']} stacks were taken for others: {told}")
    lab.expect(all_["without_room"] == 0, f"no room for {all_['without_room']} stacks: raise kSlots in numbers.cpp")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--every", type=int, required=True)
    parser.add_argument("--floor", type=int, required=True)
    parser.add_argument("--depth", type=int, default=64)
    parser.add_argument("--compile")
    parser.add_argument("--without-glibc", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("workload")
    options = parser.parse_args()
    laboratory = lab.Lab(os.devnull, options.judge)
    try:
        check(laboratory, options)
    except (lab.Failure, subprocess.TimeoutExpired) as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
    finally:
        laboratory.close()


main()

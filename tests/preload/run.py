#!/usr/bin/env python3
"""Runs one test program under weir and holds it against the expectations in its head comment.

    run.py --weir PROGRAM --library LIBWEIR --source FILE --program EXECUTABLE --mode preload|cli|sampled
    run.py --self-test --weir … --library … --source … --program …   wants every expectation to be able to fail

What a head comment may order is told in orders.py. An expression may use these names: every question of the first profile (live, total, freed, leaks, temporary, peak, at_peak, line, frame,
depth, errors, coverage, at, live_in, total_in, verdict, parts; see lab.Profile), report, host, process, profiles, parent, child, stderr (text),
stderr_lines (those that begin with "weir:"), stdout, mode, marked("A") (source line that carries // @A).
"""
import argparse
import os
import re
import sys

import lab
from orders import Orders


def names_of(orders, outcome, mode):
    stderr = outcome.stderr.decode(errors="replace")
    names = {
        "outcome": outcome, "profiles": outcome.profiles, "mode": mode, "marked": orders.marked,
        "stdout": outcome.stdout.decode(errors="replace"), "stderr": stderr, "re": re,
        "stderr_lines": [line for line in stderr.splitlines() if line.startswith("weir:")],
    }
    if outcome.profiles:
        first = outcome.profiles[0]
        names |= {name: getattr(first, name) for name in dir(first) if not name.startswith("_")}
        names |= {"parent": first, "child": outcome.profiles[-1]}
    return names


def run(orders, options, mode):
    """Every complaint about one run, as sentences."""
    laboratory = lab.Lab(options.weir, options.library)
    complaints = []
    try:
        def go(how):
            return laboratory.run(how, [options.program, *orders.arguments], orders.environment, orders.before)
        outcome = go(mode)
        # `weir run` ends with 128+N where the program died of signal N.
        wanted = orders.status if orders.status >= 0 or mode != "cli" else 128 - orders.status
        if outcome.status != wanted:
            complaints.append(f"ended with {outcome.status}, not {wanted}")
        if orders.bare:
            bare = go("bare")
            if bare.stdout != outcome.stdout:
                complaints.append(f"stdout differs from a run without weir: {outcome.stdout!r}, bare {bare.stdout!r}")
            if bare.status != orders.status:
                complaints.append(f"without weir it ends with {bare.status}, not {orders.status}: the program itself is wrong")
        if orders.profiles is not None and len(outcome.profiles) != orders.profiles:
            complaints.append(f"left {len(outcome.profiles)} profiles, not {orders.profiles}")
        for profile in outcome.profiles if orders.sums else []:
            try:
                profile.check_sums()
            except lab.Failure as failure:
                complaints.append(str(failure))
        names = names_of(orders, outcome, mode)
        for function, wanted in orders.lost.items():
            found = lab.live_over(outcome.profiles, function)
            if found != wanted:
                complaints.append(f"live through {function}(): {found} bytes, blocks over all profiles, not {wanted}")
        for expression in orders.expectations if outcome.profiles or orders.profiles != 1 else []:
            complaints += judge(expression, names)
        if complaints:
            complaints.append(f"its stderr:\n{names['stderr'].rstrip()}")
    except lab.Failure as failure:
        complaints.append(str(failure))
    finally:
        laboratory.close()
    return complaints


def judge(expression, names):
    try:
        if eval(expression, dict(names)):  # the expressions are part of this repository
            return []
        left = re.split(r" (?:==|>=|<=|<|>|in) ", expression)[0]
        try:
            return [f"not so: {expression}\n    {left} is {eval(left, dict(names))!r}"]
        except Exception:  # the left side alone need not be an expression
            return [f"not so: {expression}"]
    except Exception as error:
        return [f"cannot say: {expression}: {type(error).__name__}: {error}"]


def self_test(orders, options):
    """With every number of an expectation changed by one, that expectation must fail."""
    kept, missed = list(orders.expectations), []
    for expression in kept:
        wrong = re.sub(r"(?<=== \()(\d+)|(?<=== )(\d+)", lambda found: str(int(found[0]) + 1), expression)
        if wrong == expression:
            continue
        orders.expectations = [wrong]
        if not any(text.startswith("not so") for text in run(orders, options, orders.modes[0])):
            missed.append(f"self-test: still holds when wrong: {wrong}")
    orders.expectations = kept
    return missed + self_test_lost(orders, options)


def self_test_lost(orders, options):
    """The same for both numbers of each function that loses blocks, and for a function that loses none."""
    right, missed = dict(orders.lost), []
    for function, (size, blocks) in [*right.items(), ("no_such_function", (0, 0))]:
        for wrong in ((size + 1, blocks), (size, blocks + 1)):
            orders.lost = {**right, function: wrong}
            if not any(text.startswith(f"live through {function}()") for text in run(orders, options, orders.modes[0])):
                missed.append(f"self-test: still holds when wrong: lost {function} {wrong[0]} {wrong[1]}")
    orders.lost = right
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("weir", "library", "source", "program"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--mode", choices=("preload", "cli", "sampled"))
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--environment", action="append", default=[], metavar="NAME=VALUE", help="set for every run")
    options = parser.parse_args()
    orders = Orders(options.source)
    orders.environment |= dict(setting.split("=", 1) for setting in options.environment)
    complaints = self_test(orders, options) if options.self_test else run(orders, options, options.mode)
    for complaint in complaints:
        print(f"{os.path.basename(options.source)} ({options.mode or 'self-test'}): {complaint}")
    return 1 if complaints else 0


sys.exit(main())

#!/usr/bin/env python3
"""`weir run` as the parent of its command: signals passed on, statuses, and what it says to wrong uses."""
import os
import signal
import time

import lab


def body(laboratory, programs):
    # A signal sent to weir reaches the program; its death is weir's status 128+N, and the summary still comes.
    process, folder = laboratory.start("cli", [programs / "churn_forever.O1", "forever"])
    os.read(process.stdout.fileno(), 6)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=30)
    lab.expect(process.returncode == 128 + 15, f"after SIGTERM weir ended with {process.returncode}")
    (profile,) = laboratory.profiles_in(folder)
    lab.expect(profile.process["end"] == "signal" and profile.process["signal"] == 15, f"the profile says {profile.process}")
    lab.expect(profile.live("hold") == (10000, 1000), "what was held is not all there")
    lab.expect(profile.path.name.encode() in stderr, f"the summary does not name the profile: {stderr!r}")

    # --report prints the whole report, --set sets an option, the command's output is its own.
    words = [laboratory.weir, "run", "--report", "--set", "WEIR_STACK_DEPTH=3", "-o", "x.weir", "--", str(programs / "leak_exact.O2")]
    outcome = laboratory.run("bare", words)
    lab.expect(outcome.status == 3 and outcome.stdout == b"lost 107 blocks\n", f"--report: {outcome.status}, stdout {outcome.stdout!r}")
    lab.expect(b"lose_small" in outcome.stderr, "--report does not show lose_small")
    lab.expect(max(len(site["frames"]) for site in laboratory.report(outcome.folder / "x.weir")["sites"]) <= 3, "--set had no effect")

    # Pipes work through it.
    outcome = laboratory.run("bare", ["sh", "-c", f"echo hello | {laboratory.weir} run -o y.weir tr a-z A-Z"])
    lab.expect(outcome.stdout == b"HELLO\n", f"through a pipe: {outcome.stdout!r}")

    # Wrong uses: one clear line, exit 2.
    wrong = {
        "no command": ["run"],
        "a command that does not exist": ["run", "--", "/none/such"],
        "a command not on the PATH": ["run", "--", "nonesuch-program"],
        "a command that is no program": ["run", "--", __file__ if not os.access(__file__, os.X_OK) else "/etc/passwd"],
        "a directory": ["run", "--", "/"],
        "an unknown subcommand": ["walk"],
        "no such profile": ["report", "/none/such.weir"],
        "a foreign file": ["report", "/etc/passwd"],
        "an empty file": ["report", "/dev/null"],
        "an unknown format": ["report", "--format", "prose", "/etc/passwd"],
        "a --set without a value": ["run", "--set", "WEIR_QUIET", "--", "true"],
        "a --set that does not parse": ["run", "--set", "WEIR_STACK_DEPTH=deep", "--", "true"],
        "a --set of an unknown name": ["run", "--set", "WEIR_STAK_DEPTH=3", "--", "true"],
    }
    for name, words in wrong.items():
        outcome = laboratory.run("bare", [laboratory.weir, *words])
        lines = outcome.stderr.decode().splitlines()
        lab.expect(outcome.status == 2, f"{name}: ended with {outcome.status}: {lines}")
        lab.expect(len(lines) == 1 and lines[0].startswith("weir: "), f"{name}: said {lines}")
        lab.expect(not list(outcome.folder.rglob("*.weir")), f"{name}: left a profile")

    # Asked for help or the version: stdout, one screen, exit 0.
    for words in (["--help"], ["run", "--help"], ["report", "--help"], ["--version"], ["options"]):
        outcome = laboratory.run("bare", [laboratory.weir, *words])
        lines = outcome.stdout.decode().splitlines()
        lab.expect(outcome.status == 0 and lines and not outcome.stderr, f"weir {' '.join(words)}: {outcome.status} {outcome.stderr!r}")
        lab.expect("--help" not in words or len(lines) <= 40, f"weir {' '.join(words)}: {len(lines)} lines are more than a screen")


lab.scenario(body)

#!/usr/bin/env python3
"""Every signal there is, with its default action: the same death as without weir, or none, and nothing recorded is lost."""
import signal

import lab

# These stop a process until somebody continues it: stopped_and_continued.c, scenario run_is_killed.
STOP = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}


def body(laboratory, programs):
    program, deaths = programs / "die_of.O2", 0
    real_time = set(range(signal.SIGRTMIN + 1, signal.SIGRTMAX))  # of these the first and the last are enough
    for number in sorted(set(signal.valid_signals()) - STOP - real_time):
        bare = laboratory.run("bare", [program, number])
        outcome = laboratory.run("sampled" if number % 2 else "preload", [program, number])
        name = f"signal {int(number)}"
        lab.expect((outcome.status, outcome.stdout) == (bare.status, bare.stdout), f"{name}: ended with {outcome.status}, without weir {bare.status}")
        (profile,) = outcome.profiles
        profile.check_sums()
        lab.expect(profile.live("lose") == (500, 5), f"{name}: live is {profile.live('lose')}")
        lab.expect(profile.process["end"] == ("killed" if bare.status < 0 else "exit"), f"{name}: the profile says {profile.process}")
        deaths += bare.status < 0
    print(f"{deaths} signals are fatal")
    lab.expect(deaths > 22, f"only {deaths} signals are fatal")


lab.scenario(body)

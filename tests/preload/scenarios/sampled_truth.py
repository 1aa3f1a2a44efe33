"""Estimates of sampled mode against the truth of exact mode, over hundreds of sites in dozens of runs.

For each kind of site (blocks far smaller than the mean between samples, larger ones, a mix) and each
number: the mean of the estimates is the truth, within 4 standard errors of the mean; and the stated standard error is the
right one: the mean of ((estimate - truth) / error)^2 is near 1. Blocks so large that every one is sampled are exact.
"""
import math
import statistics

import lab

RUNS = 30
EVERY = 4096
KINDS = ("small", "large", "mixed")
NUMBERS = ("allocated_bytes", "allocated_blocks", "live_bytes", "live_blocks", "freed_bytes", "freed_blocks")


def by_place(profile):
    """Sites by the function that allocates and the depth of the stack."""
    return {(lab.plain(site["frames"][0]["function"]), len(site["frames"])): site for site in profile.sites}


def judge(name, errors, stderrs):
    """The two claims about one number; `errors` are estimate - truth."""
    mean, spread = statistics.fmean(errors), statistics.stdev(errors)
    of_mean = mean / (spread / math.sqrt(len(errors)))
    squares = statistics.fmean((error / stderr) ** 2 for error, stderr in zip(errors, stderrs))
    print(f"{name}: {len(errors)} estimates, mean error {of_mean:+.2f} standard errors of the mean, mean z^2 {squares:.2f}")
    lab.expect(abs(of_mean) < 4, f"{name}: the mean is off by {of_mean:.1f} standard errors")
    lab.expect(0.7 < squares < 1.4, f"{name}: the stated error is wrong, mean z^2 is {squares:.2f}")


def body(laboratory, programs):
    program = programs / "sampled_truth.O0"
    exact = laboratory.run("preload", [program], {"WEIR_RECORD": "exact"}).parent
    truth = by_place(exact)
    errors = {(kind, number): [] for kind in KINDS for number in NUMBERS}
    stderrs = {key: [] for key in errors}
    totals = {number: ([], []) for number in NUMBERS}
    peaks = []
    for seed in range(RUNS):
        environment = {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": str(EVERY), "WEIR_RUN_SEED": str(seed)}
        profile = laboratory.run("preload", [program], environment).parent
        profile.check_sums()
        found = by_place(profile)
        for (kind, depth), true in truth.items():
            if kind == "certain":
                site = found[kind, depth]
                lab.expect(all(site[number] == true[number] and site[number + "_stderr"] < 1 for number in NUMBERS),
                           f"blocks that are always sampled are not exact: {site}")
            if kind not in KINDS:
                continue
            site = found[kind, depth]
            for number in NUMBERS:
                errors[kind, number].append(site[number] - true[number])
                stderrs[kind, number].append(site[number + "_stderr"])
        for number, (missed, stated) in totals.items():
            missed.append(profile.host[number] - exact.host[number])
            stated.append(profile.host[number + "_stderr"])
        peaks.append((profile.host["peak_bytes"] - exact.host["peak_bytes"]) / profile.host["peak_bytes_stderr"])
        leaks = profile.report["leaks"]
        lab.expect(leaks["bytes"] == profile.host["live_bytes"], "the leaks are not what is live")
        lab.expect(abs(leaks["bytes_stderr"] - profile.host["live_bytes_stderr"]) < 0.01, "the leaks' error is not that of what is live")
    for (kind, number), missed in errors.items():
        judge(f"{kind} {number}", missed, stderrs[kind, number])
    for number, (missed, stated) in totals.items():
        # As many as runs: only the mean can be judged narrowly.
        of_mean = statistics.fmean(missed) / (statistics.stdev(missed) / math.sqrt(RUNS))
        squares = statistics.fmean((error / stderr) ** 2 for error, stderr in zip(missed, stated))
        print(f"process {number}: {of_mean:+.2f}, mean z^2 {squares:.2f}")
        lab.expect(abs(of_mean) < 4 and 0.3 < squares < 2.2, f"process {number}: {of_mean:.1f}, {squares:.2f}")
    squares = statistics.fmean(z * z for z in peaks)
    print(f"peak: mean z {statistics.fmean(peaks):+.2f}, mean z^2 {squares:.2f}")
    lab.expect(squares < 2.2, f"the peak's error is wrong: {squares:.2f}")


lab.scenario(body)

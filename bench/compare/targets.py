"""The speeds that weir promises itself, each beside what was measured in the same run."""
from compare.table import lines_of
from compare.workloads import TUNING, UNSEEN

LIMIT_MIB = 64


def added(results, workload, limit):
    """A line about nanoseconds added to a pair."""
    ours, rival = results.added(workload, "weir exact"), results.added(workload, "heaptrack")
    return [f"exact: ns added to a pair, {workload}", f"≤ {limit}", shown(ours, "+.1f"), met(ours, limit), "heaptrack " + shown(rival, "+.0f")]


def shown(value, form, unit=""):
    return "not measured" if value is None else format(value, form) + unit


def met(value, limit):
    return "" if value is None else "yes" if value <= limit else "no"


def mean_and_worst(results, groups, what, mean_limit, worst_limit=None):
    lines = []
    mean, over = results.mean(groups, "weir exact"), results.mean(groups, "weir exact", "jemalloc")
    rival = "heaptrack " + shown(results.mean(groups, "heaptrack"), ".2f")
    lines.append([f"exact: {what}, geometric mean over glibc", f"≤ {mean_limit}",
                  f"{shown(mean, '.3f')} (over jemalloc {shown(over, '.3f')})", met(mean, mean_limit), rival])
    worst, over, rival = (results.worst(groups, *pair) for pair in (("weir exact",), ("weir exact", "jemalloc"), ("heaptrack",)))
    lines.append([f"exact: {what}, worst single one", f"≤ {worst_limit}" if worst_limit else "none set",
                  f"{single(worst)}; over jemalloc {single(over)}", met(worst and worst[1], worst_limit) if worst_limit else "",
                  f"heaptrack {single(rival)}"])
    return lines


def single(found):
    return "not measured" if found is None else f"{found[1]:.2f} ({found[0]})"


def over_jemalloc(results, variant, rival):
    """A line about all real programs together, over plain jemalloc."""
    groups = [TUNING, UNSEEN]
    mean, worst = results.mean(groups, variant, "jemalloc"), results.worst(groups, variant, "jemalloc")
    beside = f"{rival} {shown(results.mean(groups, rival, 'jemalloc'), '.3f')}" if rival else ""
    return [f"{variant.removeprefix('weir ')}: real programs, geometric mean over jemalloc", "≤ 1.01",
            f"{shown(mean, '.3f')}; worst {single(worst)}", met(mean, 1.01), beside]


def scaling(results):
    def gain(variant):
        one, two = results.value("one site, depth 20", variant), results.value("one site, depth 20, 2 threads", variant)
        return None if one is None or two is None else one / two

    ours = gain("weir exact")
    rivals = ", ".join(f"{name} {shown(gain(name), '.2f')}" for name in ("glibc", "jemalloc", "heaptrack"))
    return ["exact: pairs per second of 2 threads over those of 1", "≥ 1.9", shown(ours, ".2f"),
            "" if ours is None else "yes" if ours >= 1.9 else "no", rivals]


def profile_size(results):
    mib = [(name, size / 2**20) for name, size in filter(None, (results.largest_file(v) for v in ("weir exact", "weir sampled")))]
    worst = max(mib, key=lambda item: item[1], default=None)
    rival = results.largest_file("heaptrack")
    return ["largest profile file of this run, MiB", f"≤ {LIMIT_MIB}", single(worst), met(worst and worst[1], LIMIT_MIB),
            f"heaptrack, raw: {single(rival and (rival[0], rival[1] / 2**20))}"]


def target_table(results):
    plain = {8: 10, 20: 14, 40: 20}
    framed = {8: 12, 20: 20, 40: 30}
    lines = [added(results, f"{kind}, depth {depth}", limit) for kind in ("one site", "16 sites in turn") for depth, limit in plain.items()]
    lines += [added(results, f"{kind}, depth {depth}, frame pointers", limit)
              for kind in ("one site", "16 sites in turn") for depth, limit in framed.items()]
    lines += [added(results, f"16 sites at random, depth {depth}", limit) for depth, limit in {8: 25, 40: 35}.items()]
    lines += [added(results, f"{kind}, depth 20", 150) for kind in ("stacks never seen, other old frames", "stacks never seen, other young frames",
                                                                   "stacks last seen 131,072 pairs ago")]
    lines += mean_and_worst(results, [TUNING], "programs to tune on", 1.12, 1.35)
    lines += mean_and_worst(results, [UNSEEN], "programs not tuned on", 1.15)
    lines += [over_jemalloc(results, "weir sampled", "jemalloc prof"), over_jemalloc(results, "weir off", None)]
    lines += [scaling(results), profile_size(results)]
    return lines_of(["what", "target", "measured", "met", "rivals in the same run"], lines)

#!/usr/bin/env python3
"""What is said of a family of real processes together is the sum of what is said of each, site by site."""
import collections
import json
import resource
import shutil
import subprocess

import lab

KEYS = ("live_bytes", "live_blocks", "peak_bytes", "at_peak_bytes", "allocated_bytes", "allocated_blocks", "freed_bytes", "freed_blocks", "temporary_blocks")


def report(laboratory, *files):
    done = subprocess.run([laboratory.weir, "report", "--format", "json", *files], capture_output=True, text=True, timeout=120)
    lab.expect(done.returncode == 0 and not done.stderr, f"weir report ended with {done.returncode}: {done.stderr[:500]}")
    return json.loads(done.stdout)


def sites(reports):
    """Sums by identity: where, and the places of the frames."""
    sums = collections.defaultdict(lambda: [0] * (len(KEYS) + 1))
    for each in reports:
        seen = set()
        for site in each["sites"]:
            frames = tuple((frame["module"], frame["offset"], frame["inlined"], frame["function"]) for frame in site["frames"])
            key = (site["space"], site["device"], site["kind"], site["truncated"], site["unknown"], frames)
            for number, name in enumerate(KEYS):
                sums[key][number] += site[name]
            if len(reports) == 1:
                sums[key][-1] = site["processes"]
            elif key not in seen:
                sums[key][-1] += 1
            seen.add(key)
    return dict(sums)


def check(laboratory, what, outcome):
    files = [str(profile.path) for profile in outcome.profiles]
    lab.expect(len(files) > 2, f"{what}: only {len(files)} profiles")
    parts = [profile.report for profile in outcome.profiles]
    merged = outcome.folder / "all.merged"
    done = subprocess.run([laboratory.weir, "merge", "-o", merged, *files], capture_output=True, text=True, timeout=120)
    lab.expect(done.returncode == 0, f"{what}: weir merge: {done.stderr}")
    for name, whole in (("merge", report(laboratory, merged)), ("report", report(laboratory, *files))):
        where = f"{what}, {name}: "
        lab.expect(whole["process"]["processes"] == len(files), f"{where}{whole['process']['processes']} processes, not {len(files)}")
        one, other = sites([whole]), sites(parts)
        for key in one.keys() | other.keys():
            lab.expect(one.get(key) == other.get(key), f"{where}a site has {one.get(key)}, its parts {other.get(key)}: {key}")
        for space, sums in whole["spaces"].items():
            for key in ("live_bytes", "live_blocks", "peak_bytes", "allocated_bytes", "allocated_blocks", "freed_blocks", "inherited_live_bytes"):
                wanted = sum(part["spaces"][space][key] for part in parts)
                lab.expect(sums[key] == wanted, f"{where}{space} {key} is {sums[key]}, the sum is {wanted}")
        processes = {(process["pid"], process["started"], process["profile"]) for process in whole["processes"]}
        lab.expect(len(processes) == len(files), f"{where}{len(processes)} different processes of {len(files)}")
        lab.expect(sum(program["processes"] for program in whole["programs"]) == len(files), f"{where}programs do not add up")
    print(f"{what}: {len(files)} profiles, {len(one)} sites")


def make(laboratory):
    """A build by make -j, with a shell, a compiler and its parts."""
    source = laboratory.folder / "project"
    source.mkdir()
    for number in range(4):
        (source / f"f{number}.c").write_text(f"int f{number}(int n) {{ return n + {number}; }}\n")
    (source / "Makefile").write_text("all: f0.o f1.o f2.o f3.o\n\techo done; true\n%.o: %.c\n\tcc -c $< -o $@\n")
    return laboratory.run("preload", ["make", "-j4", "-C", source])


def python(laboratory, method):
    script = laboratory.folder / f"{method}.py"
    script.write_text(
        "import multiprocessing as mp\n"
        "def work(n): return len([bytes(1000 + i) for i in range(300 * n)])\n"
        "if __name__ == '__main__':\n"
        f"    mp.set_start_method('{method}')\n"
        "    processes = [mp.Process(target=work, args=(n,)) for n in range(1, 4)]\n"
        "    [each.start() for each in processes]\n    [each.join() for each in processes]\n")
    return laboratory.run("preload", ["/usr/bin/python3", script])


def many(laboratory, outcome):
    """2,000 files with 256 open ones allowed: copies that are processes of their own."""
    folder = laboratory.folder / "many"
    folder.mkdir()
    good = min((profile.path for profile in outcome.profiles), key=lambda path: path.stat().st_size).read_bytes()
    header = 40  # pid and parent_pid lie behind magic, version, sizes and counts
    for number in range(2000):
        (folder / f"{number}.weir").write_bytes(good[:header] + (100000 + number).to_bytes(4, "little") + good[header + 4:])
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    done = subprocess.run([laboratory.weir, "merge", "-o", folder / "all", folder], capture_output=True, text=True, preexec_fn=limit, timeout=150)
    lab.expect(done.returncode == 0 and "2000 processes" in done.stderr, f"2,000 files: {done.stderr[:300]}")
    one, whole = report(laboratory, folder / "0.weir"), report(laboratory, folder / "all")
    lab.expect(whole["spaces"]["host"]["live_bytes"] == 2000 * one["spaces"]["host"]["live_bytes"], "2,000 files: the sum is wrong")
    lab.expect(all(site["processes"] == 2000 for site in whole["sites"]), "2,000 files: a site was not joined")
    print(f"2,000 files: {len(whole['sites'])} sites")


def storm(laboratory):
    """A process that forks again and again; every child allocates and ends in its own way."""
    script = laboratory.folder / "storm.py"
    script.write_text(
        "import os\n"
        "for number in range(40):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        kept = [bytes(1000 + number + i) for i in range(50)]\n"
        "        os.kill(os.getpid(), 9) if number % 20 == 7 else os._exit(number % 3)\n"
        "    os.waitpid(child, 0)\n")
    return laboratory.run("preload", ["/usr/bin/python3", script])


def body(laboratory, programs):
    check(laboratory, "fork storm", storm(laboratory))
    check(laboratory, "python fork", python(laboratory, "fork"))
    check(laboratory, "python spawn", python(laboratory, "spawn"))
    if shutil.which("make") and shutil.which("cc"):
        check(laboratory, "make -j4", make(laboratory))
    many(laboratory, laboratory.run("preload", [programs / "fork_leak.O2"]))


lab.scenario(body)

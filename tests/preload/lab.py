"""What every test of a program under weir needs: run it, collect the profiles it left, ask them questions.

A Lab knows the tool and the library; Lab.run() starts one program in a fresh folder and returns an Outcome; a
Profile is the JSON report of one profile file with short questions for expectations. Nothing here judges:
run.py and the scenarios do.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SCHEMA = "weir-report/1"
SKIP = 77  # exit status that ctest counts as skipped


class Failure(Exception):
    """An expectation that did not hold, in one sentence."""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIP)


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def plain(function):
    """A function's name without parameters, template arguments and compiler suffixes."""
    if function is None:
        return None
    depth, kept = 0, []
    for char in re.sub(r"^(?:\(anonymous namespace\)::)", "", function):
        if char == "(" and depth == 0 and kept[-8:] != list("operator"):
            break
        depth += (char == "<") - (char == ">")
        if depth == 0 and char != ">":
            kept.append(char)
    return "".join(kept).split(".")[0].split(" [")[0].strip()


class Profile:
    """The report of one process."""

    def __init__(self, path, report):
        self.path, self.report = path, report
        self.process, self.host = report["process"], report["spaces"]["host"]
        self.sites = [site for site in report["sites"] if site["space"] == "host"]

    @staticmethod
    def through(site, function):
        return any(plain(frame["function"]) == function for frame in site["frames"])

    def at(self, function):
        return [site for site in self.sites if self.through(site, function)]

    def add_up(self, function, *keys):
        values = tuple(sum(site[key] for site in self.at(function)) for key in keys)
        return values if len(values) > 1 else values[0]

    def live(self, function):
        return self.add_up(function, "live_bytes", "live_blocks")

    def total(self, function):
        return self.add_up(function, "allocated_bytes", "allocated_blocks")

    def freed(self, function):
        return self.add_up(function, "freed_blocks")

    def temporary(self, function):
        return self.add_up(function, "temporary_blocks")

    def peak(self, function):
        return self.add_up(function, "peak_bytes")

    def at_peak(self, function):
        return self.add_up(function, "at_peak_bytes")

    def leaks(self, function):
        found = [site for site in self.report["leaks"]["sites"] if self.through(site, function)]
        return sum(site["bytes"] for site in found), sum(site["blocks"] for site in found)

    def verdict(self, kind, function):
        """Bytes and blocks, allocated through that function, that are lost, reachable or unknown."""
        found = [site for site in self.report["leaks"]["sites"] if site["verdict"] == kind and self.through(site, function)]
        return sum(site["bytes"] for site in found), sum(site["blocks"] for site in found)

    def verdict_in(self, space, kind, function):
        """The same of one space: the driver allocates on the host, too, in the same functions."""
        found = [site for site in self.report["leaks"]["sites"]
                 if site["verdict"] == kind and site["space"] == space and self.through(site, function)]
        return sum(site["bytes"] for site in found), sum(site["blocks"] for site in found)

    def parts(self, function):
        """Direct bytes and blocks, indirect bytes and blocks, of what is lost."""
        found = [site for site in self.report["leaks"]["sites"] if site["verdict"] == "lost" and self.through(site, function)]
        keys = ("direct_bytes", "direct_blocks", "indirect_bytes", "indirect_blocks")
        return tuple(sum(site[key] for site in found) for key in keys)

    def frame(self, function):
        """The youngest frame of that function in any site that it leads to."""
        for site in self.at(function):
            for frame in site["frames"]:
                if plain(frame["function"]) == function:
                    return frame
        raise Failure(f"no site has a frame of {function}()")

    def line(self, function):
        frame = self.frame(function)
        return (os.path.basename(frame["file"] or "?"), frame["line"])

    def depth(self, function):
        return max((len(site["frames"]) for site in self.at(function)), default=0)

    def live_in(self, space, function):
        """Bytes and blocks that are live in a space of CUDA memory, allocated through that function."""
        sites = [site for site in self.report["sites"] if site["space"] == space and self.through(site, function)]
        return sum(site["live_bytes"] for site in sites), sum(site["live_blocks"] for site in sites)

    def total_in(self, space, function):
        sites = [site for site in self.report["sites"] if site["space"] == space and self.through(site, function)]
        return sum(site["allocated_bytes"] for site in sites), sum(site["allocated_blocks"] for site in sites)

    def errors(self, kind):
        return [error for error in self.report["errors"] if error["kind"] == kind]

    def coverage(self, key):
        return self.report["coverage"][key]

    def check_sums(self):
        """What is true of every profile of an ended process, whatever the program did."""
        for space, sums in self.report["spaces"].items():
            where = f"{space}: "
            expect(sums["live_blocks"] == sums["allocated_blocks"] - sums["freed_blocks"], f"{where}blocks do not add up: {sums}")
            expect(sums["live_bytes"] == sums["allocated_bytes"] - sums["freed_bytes"], f"{where}bytes do not add up: {sums}")
            expect(sums["peak_bytes"] >= sums["live_bytes"], f"{where}the peak is below what is live: {sums}")
            sites = [site for site in self.report["sites"] if site["space"] == space]
            for key in ("live_bytes", "live_blocks", "allocated_bytes", "allocated_blocks", "freed_blocks"):
                over_sites = sum(site[key] for site in sites)
                expect(over_sites == sums[key], f"{where}{key}: the sites sum up to {over_sites}, the process to {sums[key]}")


def live_over(profiles, function):
    """Bytes and blocks that are live in all these processes, allocated through that function."""
    found = [profile.live(function) for profile in profiles]
    return sum(size for size, _ in found), sum(blocks for _, blocks in found)


class Outcome:
    def __init__(self, status, stdout, stderr, folder, profiles, seconds):
        self.status, self.stdout, self.stderr = status, stdout, stderr
        self.folder, self.profiles, self.seconds = folder, profiles, seconds

    @property
    def parent(self):
        return self.profiles[0]

    @property
    def child(self):
        return self.profiles[1]


class Lab:
    def __init__(self, weir, library):
        self.weir, self.library = os.path.abspath(weir), os.path.abspath(library)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-test-"))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh_folder(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "tmp").mkdir()
        return folder

    def environment(self, folder, extra):
        keep = {name: value for name, value in os.environ.items()
                if not name.startswith(("WEIR_", "LD_", "MALLOC_", "GLIBC_TUNABLES"))}
        return {**keep, "TMPDIR": str(folder / "tmp"), **extra}

    def report(self, path, *more):
        """The JSON report of a profile; Failure when the tool cannot make one."""
        done = subprocess.run([self.weir, "report", "--format", "json", "--watch", "0", *more, str(path)],
                              capture_output=True, text=True, errors="replace", timeout=120)
        expect(done.returncode == 0, f"weir report {path} ended with {done.returncode}: {done.stderr.strip()}")
        report = json.loads(done.stdout)
        expect(report["schema"] == SCHEMA, f"schema is {report['schema']}")
        return report

    def profile(self, path):
        return Profile(path, self.report(path))

    def profiles_in(self, folder):
        # An executed image finds its path taken by the one before it, and puts its process id behind.
        found = [self.profile(path) for path in sorted(folder.rglob("*.weir*")) if path.is_file()]
        pids = {profile.process["pid"] for profile in found}
        # The process that was started comes first; numbers alone do not tell, for they begin anew now and then.
        return sorted(found, key=lambda profile: (profile.process["parent_pid"] in pids, profile.process["started"]))

    def command(self, mode, command, folder, environment):
        """The words that start `command` in this mode: bare, preload, sampled or cli."""
        if mode == "cli":
            out = [] if "WEIR_OUT" in environment else ["-o", str(folder / "%e.%p.weir")]
            return [self.weir, "run", *out, "--", *command]
        if mode == "sampled":  # with every byte drawn the estimates are exact
            environment.setdefault("WEIR_RECORD", "sampled")
            environment.setdefault("WEIR_SAMPLE_EVERY", "1")
        if mode in ("preload", "sampled"):
            environment.setdefault("WEIR_OUT", str(folder / "%e.%p.weir"))
            return ["env", f"LD_PRELOAD={self.library}", *command]
        return command

    def start(self, mode, command, environment=None, before="", **popen):
        """A running process and its folder. `before` is shell text that runs first, without weir."""
        folder = self.fresh_folder()
        variables = self.environment(folder, environment or {})
        variables = {name: value.replace("@DIR@", str(folder)) for name, value in variables.items()}
        words = self.command(mode, [str(word).replace("@DIR@", str(folder)) for word in command], folder, variables)
        if before:
            words = ["/bin/sh", "-c", before + '\nexec "$@"', "sh", *words]
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "cwd": folder, **popen}
        return subprocess.Popen(words, env=variables, **popen), folder

    def run(self, mode, command, environment=None, before="", read=True, timeout=60, **popen):
        began = time.monotonic()
        process, folder = self.start(mode, command, environment, before, **popen)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"{mode}: still running after {timeout} s") from None
        seconds = time.monotonic() - began
        profiles = self.profiles_in(folder) if read and mode != "bare" else []
        return Outcome(process.returncode, stdout, stderr, folder, profiles, seconds)


def scenario(body, *needed):
    """Runs one scenario: `body(lab, programs)`; the command line is WEIR LIBRARY FOLDER_OF_PROGRAMS."""
    lab = Lab(sys.argv[1], sys.argv[2])
    try:
        body(lab, pathlib.Path(sys.argv[3]))
    except Failure as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
    finally:
        lab.close()

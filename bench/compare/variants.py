"""What a command runs under: words before it and variables around it; and one measurement of it."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

JEMALLOC = pathlib.Path("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2")
HEAPTRACK = pathlib.Path("/usr/lib/heaptrack/libheaptrack_preload.so")
SLOW_ROUNDS = 2  # heaptrack takes several times as long as all others together


@dataclass
class Variant:
    name: str
    environment: dict = field(default_factory=dict)
    ours: bool = False
    slow: bool = False


class Failed(Exception):
    """A command did not end with status 0, or not with the result it has without a preload."""


def all_variants(build, folder):
    """Those that can run here; a line is printed for each that cannot."""
    weir = {"LD_PRELOAD": f"{build}/lib/libweir.so", "WEIR_OUT": f"{folder}/out/%e.%p.weir", "WEIR_QUIET": "1"}
    rival = {"LD_PRELOAD": str(JEMALLOC)}
    found = [Variant("glibc")]
    if JEMALLOC.exists():
        found.append(Variant("jemalloc", rival))
    found.append(Variant("weir off", {**weir, "WEIR_RECORD": "off"}, ours=True))
    if records(build, folder, {**weir, "WEIR_RECORD": "sampled"}) == "sampled":
        found.append(Variant("weir sampled", {**weir, "WEIR_RECORD": "sampled"}, ours=True))
    found.append(Variant("weir exact", weir, ours=True))
    if JEMALLOC.exists() and "config.prof: true" in output_of(["/bin/true"], {**rival, "MALLOC_CONF": "stats_print:true"}):
        found.append(Variant("jemalloc prof", {**rival, "MALLOC_CONF": "prof:true,prof_active:true,lg_prof_sample:19"}))
    if HEAPTRACK.exists():
        # As `heaptrack --raw` does it, less the shell script around it and the compressor behind it.
        found.append(Variant("heaptrack", {"LD_PRELOAD": str(HEAPTRACK), "DUMP_HEAPTRACK_OUTPUT": f"{folder}/out/heaptrack.raw"}, slow=True))
    missing = {"jemalloc", "weir sampled", "jemalloc prof", "heaptrack"} - {variant.name for variant in found}
    for name in sorted(missing):
        print(f"bench.py: leaving out {name}: this build or machine does not have it", file=sys.stderr)
    return found


def output_of(words, environment):
    found = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True)
    return found.stdout + found.stderr


def profiles(folder):
    return sorted((folder / "out").iterdir())


def empty(folder):
    for left in profiles(folder):
        left.unlink()


def records(build, folder, environment):
    """How the library recorded, by its own profile; "" if there is none."""
    output_of(["/bin/true"], environment)
    modes = [coverage_of(build, profile, "coverage").get("record", "") for profile in profiles(folder)]
    empty(folder)
    return modes[0] if modes else ""


def coverage_of(build, profile, section):
    text = subprocess.run([f"{build}/bin/weir", "report", "--format", "json", "--only", section, profile], capture_output=True, text=True).stdout
    return json.loads(text).get(section, {}) if text else {}


def allocations(build, folder):
    """Blocks allocated, by the profiles of the last run."""
    return sum(coverage_of(build, profile, "spaces").get("host", {}).get("allocated_blocks", 0) for profile in profiles(folder))


@dataclass
class Measured:
    wall: float  # seconds
    cpu: float
    resident: int  # bytes
    files: int  # bytes of the largest file left
    output: bytes


def run(words, environment, build, folder):
    """One measurement. What the variant wrote is left in folder/out."""
    variables = {("MEASURE_PRELOAD" if name == "LD_PRELOAD" else name): value for name, value in environment.items()}
    with open(folder / "stdout", "w+b") as out:
        subprocess.run([f"{build}/bench/measure", f"{folder}/measured", *words], env={**os.environ, **variables}, check=True,
                       stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        out.seek(0)
        output = out.read()
    wall, cpu, kib, status = map(int, (folder / "measured").read_text().split())
    if status != 0:
        raise Failed(f"{' '.join(map(str, words))} ended with {status}")
    return Measured(wall / 1e9, cpu / 1e9, kib * 1024, max((p.stat().st_size for p in profiles(folder)), default=0), output)

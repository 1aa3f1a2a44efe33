import os
import subprocess
import time

from lab import plain
from tools.tool import Result, Tool, each

INTERPRET = "/usr/lib/heaptrack/libexec/heaptrack_interpret"
SECONDS = 300
MOST_LINES = 20_000_000


class Heaptrack(Tool):
    name, package, needs = "heaptrack", "heaptrack", "/usr/lib/heaptrack/libheaptrack_preload.so"
    set_up = ("`LD_PRELOAD=libheaptrack_preload.so DUMP_HEAPTRACK_OUTPUT=heaptrack.$$`, which is what `heaptrack --raw` does, less the "
              "lines that this script itself prints; the raw files through `heaptrack_interpret` afterwards.")

    def __init__(self, *_):
        pass

    def start(self, place, often):
        return [], {"LD_PRELOAD": self.needs, "DUMP_HEAPTRACK_OUTPUT": f"{place}/heaptrack.$$"}

    def results(self, files, counted):
        raw = [path for path in files if path.name.startswith("heaptrack.") and path.stat().st_size > 0]
        return each(raw, lambda path: read(path, counted))


def read(path, counted):
    with open(path, "rb") as file:
        if not counted:
            return Result(executable(file.read(4096).decode(errors="replace").splitlines()))
        process = subprocess.Popen([INTERPRET], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, errors="replace")
    try:
        return interpret(until(process.stdout, time.monotonic() + SECONDS))
    finally:
        process.kill()
        process.communicate()


def until(lines, end):
    """A raw file that several processes wrote into at once can be read for ever."""
    for number, line in enumerate(lines):
        if number == MOST_LINES or number % 65536 == 0 and time.monotonic() > end:
            raise ValueError("too long")
        yield line.rstrip("\n")


def executable(lines):
    for line in lines:
        if line[:1] in "xX" and "/" in line:
            return os.path.basename(line.split("/", 1)[1].split(" ")[0])
    return ""


def interpret(lines):
    """Lines of the interpreted format; all numbers are hexadecimal, all indices begin at 1."""
    strings, frames, traces, requests, live = [""], [[]], [(0, 0)], [], {}
    name = ""
    for line in lines:
        name = name or executable([line])
        kind, rest = line[:1], line[2:].split(" ")
        if kind == "s":  # length, text
            strings.append(line[2:].split(" ", 1)[-1])
        elif kind == "i":  # address, module, then function, file, line of each inlined frame
            names = rest[2:]
            frames.append([plain(strings[int(name, 16)]) for name in names[0::3]])
        elif kind == "t":  # frame, trace it was called from
            traces.append((int(rest[0], 16), int(rest[1], 16)))
        elif kind == "a":  # size, trace
            requests.append((int(rest[0], 16), int(rest[1], 16)))
        elif kind == "+":
            live[rest[0]] = live.get(rest[0], 0) + 1
        elif kind == "-":
            live[rest[0]] = live.get(rest[0], 0) - 1
    result = Result(name)
    for index, blocks in live.items():
        size, trace = requests[int(index, 16)]
        functions = []
        while trace:
            frame, trace = traces[trace]
            functions += frames[frame]
        result.add(functions, size * blocks, blocks)
    return result


TOOLS = [Heaptrack]

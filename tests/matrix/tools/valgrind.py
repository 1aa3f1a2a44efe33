import os
import re

from lab import plain
from tools.tool import Result, Tool, each


class Valgrind(Tool):
    name, package, needs = "valgrind", "valgrind", "valgrind"
    slow = True
    options = ["--trace-children=yes", "--leak-check=full", "--show-leak-kinds=all", "--leak-resolution=high", "--num-callers=500",
               "--undef-value-errors=no", "--vgdb=no"]
    set_up = f"memcheck: `valgrind {' '.join(options)} --log-file=valgrind.%p`."

    def __init__(self, *_):
        pass

    def start(self, place, often):
        return ["valgrind", *self.options, f"--log-file={place}/valgrind.%p"], {}

    def results(self, files, counted):
        return each([path for path in files if re.fullmatch(r"valgrind\.\d+", path.name)], read)


def read(path):
    """A log may hold several processes, for a forked child writes into its parent's: each line begins with its process's id."""
    result, sums = None, None
    by_process = {}
    for line in path.read_text(errors="replace").splitlines():
        if found := re.match(r"==(\d+)== ?(.*)", line):
            by_process.setdefault(found[1], []).append(found[2])
    if not any("HEAP SUMMARY:" in line for lines in by_process.values() for line in lines):
        raise ValueError("no leak check")
    result = Result("")
    for lines in by_process.values():
        for line in lines:
            if found := re.match(r"Command: (\S+)", line):
                result.program = os.path.basename(found[1])
            if found := re.match(r"([\d,]+) (?:\(([\d,]+) direct, [\d,]+ indirect\) )?bytes in ([\d,]+) blocks are .* in loss record", line):
                sums, functions = [int((found[2] or found[1]).replace(",", "")), int(found[3].replace(",", ""))], []
            elif found := re.match(r"   (?:at|by) 0x[0-9A-F]+: (.*?)(?: \([^()]*\))?$", line):
                if sums:
                    functions.append(plain(found[1]))
            elif sums:
                result.add(functions, *sums)
                sums = None
        if sums:
            result.add(functions, *sums)
            sums = None
    return result


TOOLS = [Valgrind]

import re

import symbols
from tools.tool import Result, Tool, each


class Gperftools(Tool):
    name, package, needs = "gperftools", "libgoogle-perftools4", "/usr/lib/x86_64-linux-gnu/libtcmalloc.so.4"
    set_up = ("`LD_PRELOAD=libtcmalloc.so.4`, `HEAPPROFILE=heap HEAP_PROFILE_ALLOCATION_INTERVAL=1048576`: a dump at exit and one after "
              "each MiB that was allocated; the last dump of each process counts. Without those in between for the workloads, which would be slowed down beyond use.")

    def __init__(self, *_):
        pass

    def start(self, place, often):
        often = {"HEAP_PROFILE_ALLOCATION_INTERVAL": "1048576"} if often else {}
        return [], {"LD_PRELOAD": self.needs, "HEAPPROFILE": f"{place}/heap", **often}

    def results(self, files, counted):
        newest = {}  # by prefix, which has the process's id in it unless it is the first process
        for path in files:
            if found := re.fullmatch(r"(heap(?:_\d+)*)\.(\d+)\.heap", path.name):
                about = path.stat()
                if about.st_size:
                    newest[found[1]] = max(newest.get(found[1], (0,)), (about.st_mtime_ns, int(found[2]), path))
        return each([path for *_, path in newest.values()], read)


def read(path):
    """A line for each stack: live blocks and bytes, all blocks and bytes ever, addresses."""
    profile, _, maps = path.read_text(errors="replace").partition("\nMAPPED_LIBRARIES:\n")
    if not profile.startswith("heap profile:"):
        raise ValueError("not a heap profile")
    found = re.findall(r"^ *(\d+): +(\d+) \[ *\d+: +\d+\] @((?: 0x[0-9a-f]+)+)$", profile, re.M)
    live = [([int(word, 16) for word in stack.split()], int(size), int(blocks)) for blocks, size, stack in found if int(blocks)]
    names = symbols.Names(maps)
    names.resolve({address for stack, _, _ in live for address in stack})
    result = Result(names.executable)
    for stack, size, blocks in live:
        result.add([name for address in stack for name in names.of(address)], size, blocks)
    return result


TOOLS = [Gperftools]

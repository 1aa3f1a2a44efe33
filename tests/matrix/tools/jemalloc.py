import re

import symbols
from tools.tool import Result, Tool, each


class Jemalloc(Tool):
    name, package, needs = "jemalloc", "libjemalloc2", "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
    set_up = ("`LD_PRELOAD=libjemalloc.so.2`, `MALLOC_CONF=prof:true,lg_prof_sample:0,prof_final:true,lg_prof_interval:20`: every "
              "allocation is a sample, a dump at exit and one after each MiB that was allocated; the last dump of each process counts. Without those in between for the workloads, which would be slowed down beyond use.")

    def __init__(self, *_):
        pass

    def start(self, place, often):
        conf = f"prof:true,lg_prof_sample:0,prof_final:true,prof_prefix:{place}/jeprof" + (",lg_prof_interval:20" if often else "")
        return [], {"LD_PRELOAD": self.needs, "MALLOC_CONF": conf}

    def results(self, files, counted):
        newest = {}
        for path in files:
            if found := re.fullmatch(r"jeprof\.(\d+)\.(\d+)\.\w+\.heap", path.name):
                about = path.stat()
                if about.st_size:
                    newest[found[1]] = max(newest.get(found[1], (0,)), (about.st_mtime_ns, int(found[2]), path))
        return each([path for *_, path in newest.values()], read)


def read(path):
    """heap_v2: a line of addresses beginning with @, then one line for each thread and one for all, which is t*."""
    profile, _, maps = path.read_text(errors="replace").partition("\nMAPPED_LIBRARIES:\n")
    if not profile.startswith("heap_v2/"):
        raise ValueError("not a heap profile")
    found = re.findall(r"^@([ 0-9a-fx]*)\n  t\*: (\d+): (\d+) ", profile, re.M)
    live = [([int(word, 16) for word in stack.split()], int(size), int(blocks)) for stack, blocks, size in found if int(blocks)]
    names = symbols.Names(maps)
    names.resolve({address for stack, _, _ in live for address in stack})
    result = Result(names.executable)
    for stack, size, blocks in live:
        result.add([name for address in stack for name in names.of(address)], size, blocks)
    return result


TOOLS = [Jemalloc]

import re

from lab import plain
from tools.tool import Result, Tool, each

OPTIONS = ":".join([
    # The exit status, a request that is too large and the signals stay the program's.
    "exitcode=0:allocator_may_return_null=1", *(f"handle_{name}=0" for name in ("segv", "abort", "sigbus", "sigill", "sigfpe", "sigtrap")),
    "fast_unwind_on_malloc=0:malloc_context_size=255",
    # Nothing counts as a pointer: all that is live is reported, also what a stale word on a stack would hide.
    "use_globals=0:use_stacks=0:use_registers=0:use_tls=0"])


class Lsan(Tool):
    name, package, needs = "LSan", "liblsan0", "/usr/lib/x86_64-linux-gnu/liblsan.so.0"
    # libstdc++ allocates as it starts, and LSan starts with the first allocation: too late for a program that calls signal() before.
    preload = f"{needs}:/usr/lib/x86_64-linux-gnu/libstdc++.so.6"
    set_up = (f"`LD_PRELOAD=liblsan.so.0:libstdc++.so.6`, `LSAN_OPTIONS={OPTIONS}`: whole stacks, every live block is a leak, the exit "
              "status and the signals are left alone. With libstdc++ LSan starts in time; without, each program crashes that calls "
              "`signal` before it allocates.")

    def __init__(self, *_):
        pass

    def start(self, place, often):
        return [], {"LD_PRELOAD": self.preload, "LSAN_OPTIONS": f"{OPTIONS}:log_exe_name=1:log_path={place}/lsan"}

    def results(self, files, counted):
        return each([path for path in files if re.fullmatch(r"lsan\..*\.\d+|stderr", path.name)], read)


def read(path):
    text = path.read_text(errors="replace")
    if "detected memory leaks" not in text:
        raise ValueError("no report of leaks")
    result = Result(path.name.removeprefix("lsan.").rpartition(".")[0])
    for size, blocks, stack in re.findall(r"irect leak of (\d+) byte\(s\) in (\d+) object\(s\) allocated from:\n((?: +#.*\n)*)", text):
        functions = re.findall(r"#\d+ 0x[0-9a-f]+ in (.*?)(?: \(\S*\+0x[0-9a-f]+\)| \S+:\d+)?$", stack, re.M)
        result.add(map(plain, functions), int(size), int(blocks))
    return result


TOOLS = [Lsan]

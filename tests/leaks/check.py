"""Runs the corpus of leaks and compares verdicts with what the head comments say.

    check.py weir LIBRARY FOLDER SOURCE…       weir's verdicts, in one batch
    check.py valgrind LIBRARY FOLDER SOURCE…   valgrind's, on the same programs

The orders of a program:
    lost FUNCTION BLOCKS BYTES        through FUNCTION, exactly that is lost, directly or indirectly; * is any number but 0
    reachable FUNCTION BLOCKS BYTES   … is reachable
    status N                          the program's exit status, 0 if nothing is said
    profiles N                        how many processes leave verdicts, 1 if nothing is said; they are summed
    differs FUNCTION: WHY             valgrind judges otherwise (and is seen to); nothing else may differ
What no order names must not be lost.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from verdicts import Verdicts

SKIP = 77
LIMIT_S = 60


class Head:
    def __init__(self, source):
        self.lost, self.reachable, self.differs = {}, {}, {}
        self.status, self.profiles = 0, 1
        for line in source.read_text().splitlines():
            if found := re.match(r"// (lost|reachable) (\S+) (\S+)(?: (\S+))?$", line):
                getattr(self, found[1])[found[2]] = (found[3], found[4] or "*")
            elif found := re.match(r"// (status|profiles) (\d+)$", line):
                setattr(self, found[1], int(found[2]))
            elif found := re.match(r"// differs (\S+): (.+)$", line):
                self.differs[found[1]] = found[2]


def meets(wanted, found):
    return all(one == "*" and number != 0 or one == str(number) for one, number in zip(wanted, found))


def sums(head, sites):
    """{(verdict, function): (blocks, bytes)}, and what is lost elsewhere. `sites`: (functions, verdict, blocks, bytes)."""
    named = set(head.lost) | set(head.reachable)
    total, elsewhere = {}, []
    for functions, verdict, blocks, size in sites:
        function = next((name for name in functions if name in named), None)
        if function is None:
            if verdict == "lost" and blocks:
                elsewhere.append(f"{blocks} blocks, {size} B lost at {' < '.join(functions[:8])}")
            continue
        before = total.get((verdict, function), (0, 0))
        total[verdict, function] = (before[0] + blocks, before[1] + size)
    return total, elsewhere


def complaints(head, sites):
    total, elsewhere = sums(head, sites)
    wrong = {}
    for function in set(head.lost) | set(head.reachable):
        for verdict, wishes in (("lost", head.lost), ("reachable", head.reachable)):
            wanted, found = wishes.get(function, ("0", "0")), total.get((verdict, function), (0, 0))
            if not meets(wanted, found):
                wrong.setdefault(function, []).append(f"{function}: {verdict} {found[0]} {found[1]}, not {' '.join(wanted)}")
    return wrong, elsewhere


def run(command, folder, environment):
    return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S)


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIR_")}
    return clean | more


def by_weir(library, program, head, folder):
    out = run([program], folder, environment(LD_PRELOAD=library, WEIR_OUT=folder + "/%p.weir"))
    profiles = [Verdicts(path) for path in sorted(pathlib.Path(folder).glob("*.weir"))]
    wrong = []
    if out.returncode != head.status:
        wrong.append(f"status {out.returncode}, not {head.status}")
    if len(profiles) != head.profiles:
        wrong.append(f"{len(profiles)} profiles, not {head.profiles}")
    for one in profiles:
        if one.scan.result != "done":
            wrong.append(f"the look did not end well: {one.scan}")
    sites = [(site.functions, verdict, blocks, size) for one in profiles for site in one.sites
             for verdict, blocks, size in (("lost", site.lost_blocks, site.lost_bytes),
                                           ("reachable", site.reachable_blocks, site.reachable_bytes))]
    named, elsewhere = complaints(head, sites)
    return wrong + [line for lines in named.values() for line in lines] + elsewhere


LEAKS = {"Leak_DefinitelyLost": "lost", "Leak_IndirectlyLost": "lost",
         "Leak_PossiblyLost": "reachable", "Leak_StillReachable": "reachable"}


def valgrind_sites(path, what="fn"):
    """(functions, verdict, blocks, bytes) of one of valgrind's XML files."""
    for error in xml.parse(path).getroot().iter("error"):
        verdict = LEAKS.get(error.findtext("kind"))
        if verdict is not None:
            functions = [(frame.findtext(what) or "?").split("(")[0] for frame in error.find("stack").iter("frame")]
            direct = re.match(r"[\d,]+ \(([\d,]+) direct", error.findtext("xwhat/text"))
            size = direct[1].replace(",", "") if direct else error.findtext("xwhat/leakedbytes")
            yield functions, verdict, int(error.findtext("xwhat/leakedblocks")), int(size)


def by_valgrind(library, program, head, folder):
    run(["valgrind", "--leak-check=full", "--show-leak-kinds=all", "--num-callers=60", "--run-libc-freeres=no",
         "--run-cxx-freeres=no", "--xml=yes", f"--xml-file={folder}/%p.xml", program], folder, environment())
    sites = [site for path in pathlib.Path(folder).glob("*.xml") for site in valgrind_sites(path)]
    named, elsewhere = complaints(head, sites)
    wrong = [line for function, lines in named.items() if function not in head.differs for line in lines]
    return wrong + elsewhere + [f"{function}: judged alike, though it is said to differ: {why}"
                                for function, why in head.differs.items() if function not in named]


def judge(how, library, folder, source):
    with tempfile.TemporaryDirectory() as place:
        try:
            return how(library, str(folder / source.stem), Head(source), place)
        except subprocess.TimeoutExpired:
            return [f"not finished after {LIMIT_S} s"]


def main():
    mode, library, sources = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[4:]
    folder = pathlib.Path(sys.argv[3]).resolve()
    if mode == "valgrind" and shutil.which("valgrind") is None:
        print("skipped: no valgrind here")
        return SKIP
    how = {"weir": by_weir, "valgrind": by_valgrind}[mode]
    programs = [pathlib.Path(source) for source in sources]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for source, wrong in zip(programs, pool.map(lambda source: judge(how, library, folder, source), programs)):
            failed += bool(wrong)
            for line in wrong:
                print(f"{source.name}: {line}")
    print(f"{len(programs) - failed} of {len(programs)} as said")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

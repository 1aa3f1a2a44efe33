"""A server seen from outside: its processes, their memory over time, and its profiles while they are written."""
import os
import pathlib
import re
import statistics
import threading
import time

import lab

FEWEST_READINGS = 3    # on a machine that has no time for more
READ_AT_ONCE = 3       # profiles read in one round, the newest
READ_AT_END = 10       # profiles of ended processes that are checked
MIB = 1 << 20
NOISE = 24 * MIB       # by which the second half's growth may exceed the bare run's, or 5 %, whichever is more
OWN_NOISE = 4 * MIB    # by which weir's own memory may grow in the second half of a main process's run


def family(leader):
    """The living processes of this leader's session, and all their descendants (which may have sessions of their own)."""
    parents, found = {}, set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry)] = int(fields[1])
                if int(fields[3]) == leader:
                    found.add(int(entry))
    more = found
    while more:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
    return sorted(found)


def title(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def memory(pid):
    """Bytes of memory that this process holds: with its part of what is shared, and alone."""
    try:
        found = dict(re.findall(r"^(\w+): +(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))
    except OSError:
        return 0, 0
    of = lambda key: int(found.get(key, 0)) * 1024  # noqa: E731
    return of("Pss"), of("Private_Clean") + of("Private_Dirty")


def disk(folder):
    total = 0
    for entry in os.scandir(folder):
        try:
            total += entry.stat().st_blocks * 512
        except OSError:
            pass  # replaced while we looked
    return total


def plausible(profile):
    """What is true of a profile at any moment. The sums are taken from counters that go on counting."""
    host = profile.host
    for key in ("live_bytes", "live_blocks", "allocated_bytes", "allocated_blocks", "freed_bytes", "freed_blocks"):
        lab.expect(0 <= host[key] < 1 << 50, f"{profile.path.name}: {key} is {host[key]}")
    lab.expect(host["allocated_blocks"] > 0, f"{profile.path.name}: nothing recorded: {profile.process}")
    profile.check_sums()


class Watch:
    """Looks at the server for as long as its load lasts; a thread that reads profiles as anybody would."""

    def __init__(self, place, server, seconds):
        self.place, self.server = place, server
        self.step = max(0.2, seconds / 100)
        self.series, self.own, self.readings, self.trouble = [], [], 0, None
        self.done = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        while self.server.mode != "bare" and self.readings < FEWEST_READINGS and not self.trouble:
            self.run_once()

    def run(self):
        while not self.done.wait(self.step) and not self.trouble:
            self.run_once()

    def run_once(self):
        try:
            self.look()
        except Exception as trouble:  # told by check(), on the main thread
            self.trouble = trouble

    def look(self):
        pids = family(self.server.process.pid)
        held = [memory(pid) for pid in pids]
        self.series.append((sum(shared for shared, _ in held), max((alone for _, alone in held), default=0), len(pids)))
        if self.server.mode == "bare":
            return
        files = {int(path.name.split(".")[-2]): path for path in self.server.profiles.glob("*.weir")}
        alive = sorted((pid for pid in pids if pid in files), reverse=True)
        # A process that has not allocated since its fork has no profile: a main process that only waits for its workers.
        lab.expect(alive, f"no profile of {pids}: there are {sorted(files)[-10:]}")
        main = self.server.process.pid if self.server.process.pid in alive else alive[-1]
        for pid in [main, *[pid for pid in alive if pid != main][:READ_AT_ONCE - 1]]:
            profile = self.place.profile(files[pid])
            self.readings += 1
            if profile.host["allocated_blocks"] or pid == main:
                plausible(profile)
            if pid == main:
                self.own.append((profile.coverage("own_bytes"), files[pid].stat().st_blocks * 512, len(profile.sites),
                                 disk(self.server.profiles), len(files)))

    @staticmethod
    def growth(values):
        """From the middle of the run to its end: medians of a tenth of the values."""
        tenth = max(1, len(values) // 10)
        middle = len(values) // 2
        return statistics.median(values[-tenth:]) - statistics.median(values[middle:middle + tenth])

    def check(self, bare):
        if self.trouble:
            raise self.trouble
        # The largest process is told of; how many there are is up to the clients.
        grown, grown_bare = (max(0, self.growth([alone for _, alone, _ in one.series])) for one in (self, bare))
        held = self.series[-1][1]
        lab.expect(grown - grown_bare <= max(NOISE, 0.05 * held),
                   f"{self.server.mode}: memory grew by {grown} bytes in the second half, without weir by {grown_bare}; held {held}")
        own = [in_memory + in_file for in_memory, in_file, *_ in self.own]
        lab.expect(self.growth(own) <= OWN_NOISE, f"{self.server.mode}: weir's own memory grew by {self.growth(own)} bytes in the second half: {self.own[-1]}")

    def told(self):
        text = ""
        for at, what in ((0, f"all {self.series[-1][2]} processes"), (1, "the largest process alone")):
            sizes = [one[at] for one in self.series]
            text += (f"\n  memory of {what}: first {sizes[0] / MIB:.1f} MiB, middle {sizes[len(sizes) // 2] / MIB:.1f}, end {sizes[-1] / MIB:.1f}, "
                     f"second half {self.growth(sizes) / MIB:+.2f}")
        if self.own:
            for name, at in (("middle", len(self.own) // 2), ("end", -1)):
                own, file, sites, folder, files = self.own[at]
                text += f"\n  {name}: main process: own {own / MIB:.2f} MiB, profile {file / MIB:.2f} MiB, {sites} sites; all profiles {folder / MIB:.1f} MiB in {files} files"
        return text


def read_all(place, server):
    """After the end: every kind of process left a profile that adds up, and the main one knows who allocated."""
    files = sorted(server.profiles.glob("*.weir*"), key=lambda path: path.stat().st_mtime)
    lab.expect(files, f"{server.mode}: no profiles")
    main = [path for path in files if path.name.endswith(f".{server.process.pid}.weir")]
    lab.expect(main, f"{server.mode}: the first process left no profile; there are {[path.name for path in files][:10]}")
    step = max(1, len(files) // READ_AT_END)
    for path in [*main, *files[::step]]:
        profile = place.profile(path)
        lost = profile.coverage("records_dropped")
        lab.expect(lost == 0, f"{server.mode}: {path.name}: {lost} records lost: {profile.report['coverage']}")
        profile.check_sums()
        if path == main[0]:
            names = {f"{frame['module']} {frame['function']}" for site in profile.sites for frame in site["frames"]}
            for wanted in server.functions:
                lab.expect(any(re.search(wanted, name) for name in names), f"{server.mode}: no site goes through {wanted}")

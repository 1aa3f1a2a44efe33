"""The verdicts of a profile, read from the file itself: what the report makes of them is not the question here.

Verdicts are named by the functions of the program that stand in the call stack, by the symbol table of the module.
"""
import bisect
import collections
import pathlib
import struct
import subprocess

CHUNK = 16384
NODES, SITES, MODULES, VERDICTS = 3, 4, 6, 19
SCAN_AT = 8896  # in the header
RESULTS = ["none", "done", "no snapshot", "failed", "no memory", "no roots", "no room", "off", "too large", "forbidden",
           "emulated"]

Verdict = collections.namedtuple("Verdict", "functions direct_blocks direct_bytes indirect_blocks indirect_bytes "
                                            "reachable_blocks reachable_bytes slabs sole_bytes pinned_bytes example")
Verdict.lost_blocks = property(lambda self: self.direct_blocks + self.indirect_blocks)
Verdict.lost_bytes = property(lambda self: self.direct_bytes + self.indirect_bytes)

Scan = collections.namedtuple("Scan", "result by_page at_ns took_ns blocks slabs empty_slabs empty_slab_bytes root_bytes "
                                      "root_mappings shared_mappings threads without_registers whole_stacks")


class Symbols:
    """Functions of one ELF file, by address."""

    kept = {}

    def __init__(self, path):
        found = []
        for table in ([], ["-D"]):
            text = subprocess.run(["nm", "-C", "--defined-only", *table, path], capture_output=True, text=True).stdout
            for line in text.splitlines():
                fields = line.split(" ", 2)
                if len(fields) == 3 and fields[1] in "tTwWiuV":
                    found.append((int(fields[0], 16), fields[2]))
        found.sort()
        self.starts, self.names = [at for at, _ in found], [name for _, name in found]

    def at(self, address):
        number = bisect.bisect_right(self.starts, address) - 1
        return self.names[number].split("(")[0].split("[")[0].strip() if number >= 0 else "?"

    @classmethod
    def of(cls, path):
        if path not in cls.kept:
            cls.kept[path] = cls(path)
        return cls.kept[path]


class Verdicts:
    """Of one profile."""

    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        self.tables = collections.defaultdict(dict)
        for number in range(len(self.data) // CHUNK):
            kind, owner, _, index, ready = struct.unpack_from("<IHHII", self.data, CHUNK + 16 * number)
            if ready:
                self.tables[kind][index] = number * CHUNK
        fields = struct.unpack_from("<II7Q5I", self.data, SCAN_AT)
        self.scan = Scan(RESULTS[fields[0]], *fields[1:])
        self.sites = [Verdict(self.functions(site), *fields) for site, fields in self.records()]

    def records(self):
        for index, at in sorted(self.tables[VERDICTS].items()):
            for slot in range(128):
                fields = struct.unpack_from("<10Q", self.data, at + 128 * slot)
                if any(fields):
                    yield index * 128 + slot, fields

    def record(self, kind, number, layout, size):
        at = self.tables[kind].get(number // (CHUNK // size))
        return None if at is None else struct.unpack_from(layout, self.data, at + number % (CHUNK // size) * size)

    def functions(self, site):
        """Of the site's stack, youngest first."""
        found = self.record(SITES, site, "<I", 16)
        node, names = (found[0] if found else 0), []
        while node:
            pc, node, module = self.record(NODES, node, "<QII", 16)
            names.append(self.name(pc, module))
        return names

    def name(self, pc, module):
        if module == 0:
            return "?"
        fields = self.record(MODULES, module, "<5Q2I32s2I936s", 1024)
        path = fields[-1][:fields[9]].decode()
        return Symbols.of(path).at(pc - 1 - fields[0])

    def through(self, function):
        return [site for site in self.sites if function in site.functions]

    @property
    def lost(self):
        return sum(site.lost_blocks for site in self.sites), sum(site.lost_bytes for site in self.sites)

    @property
    def reachable(self):
        return sum(site.reachable_blocks for site in self.sites), sum(site.reachable_bytes for site in self.sites)


if __name__ == "__main__":
    import sys
    for name in sys.argv[1:]:
        of = Verdicts(name)
        print(name, of.scan)
        for site in of.sites:
            print(f"  direct {site.direct_blocks}/{site.direct_bytes} indirect {site.indirect_blocks}/{site.indirect_bytes}"
                  f" reachable {site.reachable_blocks}/{site.reachable_bytes}  {' < '.join(site.functions[:8])}")

"""Names for the addresses in a result that carries a copy of /proc/PID/maps, as jemalloc's and gperftools' do.

Only what is not the system's is looked up: the functions that rows name are the test programs' own.
"""
import os
import re
import struct
import subprocess

from lab import plain

SYSTEM = ("/usr/", "/lib", "[")


class Names:
    def __init__(self, maps):
        self.mappings = []  # (start, end, offset, path)
        for line in maps.splitlines():
            if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \d+ +(.*)", line):
                self.mappings.append((int(found[1], 16), int(found[2], 16), int(found[3], 16), found[4]))
        files = [path for *_, path in self.mappings if path.startswith("/")]
        self.executable = os.path.basename(files[0]) if files else ""
        self.found = {}

    def of(self, address):
        """The functions at a return address, inlined ones first."""
        return self.found.get(address, [])

    def resolve(self, addresses):
        """Looks all of them up, with one addr2line for each module."""
        wanted = {}
        for address in addresses:
            # The call is before the address that it returns to.
            for start, end, offset, path in self.mappings:
                if start <= address - 1 < end and not path.startswith(SYSTEM) and os.path.isfile(path):
                    wanted.setdefault(path, []).append((address, address - 1 - start + offset))
        for path, pairs in wanted.items():
            shifts = segments(path)
            places = [(address, in_file + shift) for address, in_file in pairs
                      for begin, end, shift in shifts if begin <= in_file < end]
            self.ask(path, places)

    def ask(self, path, places):
        text = "".join(f"{place:#x}\n" for _, place in places)
        done = subprocess.run(["addr2line", "-a", "-f", "-i", "-C", "-e", path], input=text, capture_output=True, text=True, timeout=120)
        # For each address: the address itself, then a line with the function and one with the source line, once per inlined frame.
        answers = re.split(r"^0x[0-9a-f]+\n", done.stdout, flags=re.M)[1:]
        for (address, _), answer in zip(places, answers):
            self.found[address] = [plain(name) for name in answer.splitlines()[0::2] if name != "??"]


def segments(path):
    """(first, end, shift): what lies in this part of the file has its address in the file plus shift."""
    with open(path, "rb") as file:
        head = file.read(64)
        table, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        file.seek(table)
        entries = [struct.unpack_from("<IIQQQQ", file.read(size)) for _ in range(count)]
    return [(offset, offset + length, address - offset) for kind, _, offset, address, _, length in entries if kind == 1]

"""Whose code an address is: weir's, its private jemalloc's, or elsewhere; and the names of functions and data."""
import bisect
import functools
import pathlib
import re
import subprocess


def _nm(*words):
    said = subprocess.run(["nm", *map(str, words)], capture_output=True, text=True, check=False)
    return [line.split() for line in said.stdout.splitlines()]


class Names:
    """The symbols of one file, by address."""

    def __init__(self, path):
        rows = [row for words in (["-C", path], ["-C", "-D", path])
                for row in (line.split(None, 2) for line in subprocess.run(
                    ["nm", "--defined-only", *map(str, words)], capture_output=True, text=True).stdout.splitlines())]
        rows = [(int(row[0], 16), row[2]) for row in rows if len(row) == 3 and row[1] not in "aAU"]
        rows.sort(key=lambda row: row[0])
        self._at, self._names = [row[0] for row in rows], [row[1] for row in rows]

    def of(self, offset):
        place = bisect.bisect_right(self._at, offset) - 1
        if place < 0:
            return "?", 0
        return self._names[place], offset - self._at[place]


@functools.cache
def names_of(path):
    return Names(path)


class Places:
    """Where the addresses of one traced run lie."""

    def __init__(self, maps, library, jemalloc_archive):
        self._maps, self._library = maps, str(pathlib.Path(library).resolve())
        self._base = {}
        for low, _, offset, _, path in maps:
            self._base.setdefault(path, low - offset)
        self._jemalloc = {row[-1] for row in _nm("--defined-only", jemalloc_archive) if len(row) == 3 and row[1] in "tTwW"}
        if not self._jemalloc:
            raise FileNotFoundError(f"no symbols in {jemalloc_archive}")

    def row_of(self, address):
        return next((row for row in self._maps if row[0] <= address < row[1]), None)

    def base_of(self, address):
        """What an address in a file's mapping is relative to, in that file's own numbers."""
        row = self.row_of(address)
        return self._base[row[4]] if row and row[4] else 0

    def symbol(self, address):
        """(file's name, demangled symbol, offset in it); the symbol is ? where there is none."""
        row = self.row_of(address)
        if row is None or not row[4].startswith("/"):
            return (row[4] if row else "?"), "?", 0
        name, offset = names_of(row[4]).of(address - self._base[row[4]])
        return pathlib.Path(row[4]).name, name, offset

    @functools.cache
    def part(self, address):
        row = self.row_of(address)
        if row is None or row[4] != self._library:
            return "elsewhere"
        name = re.sub(r"\.(constprop|isra|part|cold|localalias)\b.*", "", self.symbol(address)[1])
        return "jemalloc" if name in self._plain_jemalloc() else "weir"

    @functools.cache
    def _plain_jemalloc(self):
        return {re.sub(r"\.(constprop|isra|part|cold|localalias)\b.*", "", name) for name in self._jemalloc}

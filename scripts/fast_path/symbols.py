"""Where the addresses of a traced run lie: files, functions, whose code it is."""
import bisect
import functools
import pathlib
import re
import subprocess

CLONE = re.compile(r"( \[clone .*|\.(constprop|isra|part|cold|localalias)\b.*)")


def output(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False).stdout


@functools.cache
def symbols_of(path):
    """([address], [demangled name]) of a file, in ascending order."""
    rows = {}
    for dynamic in (["-D"], []):
        for line in output("nm", "-C", "--defined-only", *dynamic, path).splitlines():
            words = line.split(None, 2)
            if len(words) == 3 and words[1] not in "aA":
                rows[int(words[0], 16)] = words[2]
    return sorted(rows), [rows[at] for at in sorted(rows)]


@functools.cache
def functions_in(archive):
    names = {words[2] for words in (line.split() for line in output("nm", "--defined-only", archive).splitlines())
             if len(words) == 3 and words[1] in "tTwW"}
    if not names:
        raise FileNotFoundError(f"no functions in {archive}")
    return {CLONE.sub("", name) for name in names}


def compilers_of(library):
    """The compilers that made a library, by main version: "GCC 12"."""
    said = output("readelf", "-p", ".comment", library)
    return ", ".join(sorted({f"{name} {version}" for name, version in
                             re.findall(r"\b(GCC|clang)(?:: \(.*?\)| version) (\d+)\.", said)}))


class Places:
    """One run's mappings: rows of (first address, end, offset in the file, permissions, path)."""

    def __init__(self, maps, library, jemalloc_archive):
        self.library, self._jemalloc = str(pathlib.Path(library).resolve()), functions_in(jemalloc_archive)
        self._base = {}
        for low, _, offset, _, path in maps:
            self._base.setdefault(path, low - offset)
        # What the loader put behind the file's pages for zeroed data has no path in the kernel's list.
        segments = re.findall(r"^\s*LOAD\s+\S+\s+(\S+)\s+\S+\s+\S+\s+(\S+)", output("readelf", "-lW", library), re.M)
        end = self._base[self.library] + max(int(at, 16) + int(size, 16) for at, size in segments)
        self.image = (self._base[self.library], end)
        self._maps = maps

    def mapping(self, address):
        return next((row for row in self._maps if row[0] <= address < row[1]), (0, 0, 0, "", "?"))

    def file(self, address):
        return self.library if self.image[0] <= address < self.image[1] else self.mapping(address)[4]

    def offset(self, address):
        """The address as the file's own tables have it."""
        return address - self._base.get(self.file(address), 0)

    def symbol(self, address):
        """(file's name, function or data, offset in it)"""
        path = self.file(address)
        places, names = symbols_of(path) if path.startswith("/") else ([], [])
        at = bisect.bisect_right(places, self.offset(address)) - 1
        return pathlib.Path(path).name, *((names[at], self.offset(address) - places[at]) if at >= 0 else ("?", 0))

    @functools.cache
    def part(self, address):
        """Whose code: weir's, its private jemalloc's, or neither."""
        if self.file(address) != self.library:
            return "elsewhere"
        return "jemalloc" if CLONE.sub("", self.symbol(address)[1]) in self._jemalloc else "weir"

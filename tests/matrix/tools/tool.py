"""What a tool of the matrix is: how it starts a program, and what the results that it left say."""
import dataclasses
import pathlib
import shutil
import subprocess


@dataclasses.dataclass
class Result:
    """What one result file, or all of one process, says."""

    program: str  # base name of the executable; "" where the result does not tell
    live: dict = dataclasses.field(default_factory=dict)  # function anywhere in the stack: [bytes, blocks] live at the end

    def add(self, functions, size, blocks):
        for function in set(functions):
            sums = self.live.setdefault(function, [0, 0])
            sums[0] += size
            sums[1] += blocks


class Tool:
    """One column. Subclasses say how; every file of this folder that has TOOLS is found by its place."""

    name = ""
    package = ""  # the Debian package
    needs = ""    # a program or a file that must be there
    set_up = ""   # how it is set up, a sentence for the page
    slow = False         # has more time before a run counts as hung
    exact_bytes = False  # a difference in bytes alone, or a block too many, counts

    def installed(self):
        return pathlib.Path(self.needs).exists() or shutil.which(self.needs) is not None

    def version(self):
        found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", self.package], capture_output=True, text=True)
        return found.stdout.strip() or "unknown"

    def start(self, place, often):
        """Words before the command and variables for it; results shall go to the folder `place`, and go there `often`,
        where a tool has a choice: the program may end in a way that leaves no other chance."""
        raise NotImplementedError

    def results(self, files, counted):
        """A list of Result, one for each file or process that can be read. Without `counted`, only who was seen matters."""
        raise NotImplementedError


def each(files, read):
    """The results of the files that can be read: an empty or damaged one is none."""
    found = []
    for path in sorted(files):
        try:
            found.append(read(path))
        except (OSError, ValueError, IndexError, KeyError, UnicodeDecodeError, subprocess.SubprocessError):
            pass
    return [result for result in found if result]

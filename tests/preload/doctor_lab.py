"""What the scenarios of `weir doctor` share: build a small program, ask the doctor, and see whether a run agrees.

The program loses 1,000 + 123 bytes by malloc, and 77 more by operator new where it is C++.
"""
import json
import os
import pathlib
import shutil
import subprocess

import lab

C = """#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) static void lose(int bytes) { volatile char* block = malloc(bytes); if (block) *block = 1; }
int main(void) { lose(1000); lose(123); puts("done"); return 0; }
"""
CXX = """#include <cstdio>
#include <cstdlib>
int main() { volatile char* a = (char*)malloc(1000); *a = 1; volatile char* b = new char[77]; *b = 1; puts("done"); }
"""
NO_LEAK_SEARCH = {"ASAN_OPTIONS": "detect_leaks=0", "LSAN_OPTIONS": "detect_leaks=0"}  # it starts programs of its own


class Doctor:
    def __init__(self, laboratory):
        self.lab = laboratory
        self.folder = laboratory.folder / "built"
        self.folder.mkdir()

    def build(self, name, *flags, source=C, compiler="cc"):
        """The path of a program; None where this compiler cannot build it."""
        if not shutil.which(compiler):
            return None
        file = self.folder / (name + (".cpp" if source == CXX or compiler.endswith("++") else ".c"))
        file.write_text(source)
        path = self.folder / name
        done = subprocess.run([compiler, *([] if "-O2" in flags else ["-O1"]), "-g", "-fno-builtin", str(file), "-o", str(path), *map(str, flags)],
                              capture_output=True, text=True)
        return path if done.returncode == 0 else None

    def ask(self, *command, environment=None, before="", folder=None, **popen):
        """Exit status and JSON of `weir doctor`; holds its text against it on the way."""
        words = [self.lab.weir, "doctor", "--format", "json", "--", *map(str, command)]
        outcome = self.run(words, environment, before, folder, **popen)
        lab.expect(outcome.returncode in (0, 1), f"{command}: ended with {outcome.returncode}: {outcome.stderr}")
        said = json.loads(outcome.stdout)
        lab.expect(set(said) == {"schema", "verdict", "program", "findings"} and said["schema"] == "weir-doctor/1", f"keys: {said}")
        lab.expect(outcome.returncode == (1 if said["verdict"] == "no" else 0), f"{command}: {said['verdict']}, status {outcome.returncode}")
        for finding in said["findings"]:
            lab.expect(set(finding) == {"id", "severity", "text", "advice"}, f"keys of a finding: {finding}")
            lab.expect(finding["severity"] in ("info", "warning", "error"), f"severity: {finding}")
        text = self.run([words[0], "doctor", *words[5:]], environment, before, folder, **popen).stdout
        lab.expect(text.startswith(f"weir can record this program: {said['verdict']}\n"), f"the text begins: {text[:100]}")
        lab.expect(max(map(len, text.splitlines())) <= 100 or "/" in text, f"a line is too long:\n{text}")
        return said

    def run(self, words, environment=None, before="", folder=None, **popen):
        folder = folder or self.lab.fresh_folder()
        variables = {"WEIR_RUN_LIBRARY": self.lab.library, **(environment or {})}
        if before:
            words = ["/bin/sh", "-c", before + '\nexec "$@"', "sh", *words]
        return subprocess.run(words, env=self.lab.environment(folder_of_temporaries(folder), variables), cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, **popen)

    def finds(self, said, finding, severity=None, text=""):
        found = [one for one in said["findings"] if one["id"] == finding]
        lab.expect(len(found) == 1, f"wanted one finding '{finding}', got {said}")
        lab.expect(severity in (None, found[0]["severity"]), f"severity is not {severity}: {found[0]}")
        lab.expect(text in found[0]["text"], f"'{text}' is not in: {found[0]['text']}")

    def lacks(self, said, *findings):
        for one in said["findings"]:
            lab.expect(one["id"] not in findings, f"finding '{one['id']}' is false: {one}")

    def expect(self, command, verdict, finding=None, severity=None, text="", **asking):
        said = self.ask(*command, **asking)
        lab.expect(said["verdict"] == verdict, f"{command}: the verdict is not {verdict}: {said}")
        if finding:
            self.finds(said, finding, severity, text)
        return said

    def recorded_bytes(self, *command, environment=None):
        """Host bytes that a run of it records, in whichever of its processes; None: it left no profile."""
        outcome = self.lab.run("cli", command, {"WEIR_RUN_LIBRARY": self.lab.library, **NO_LEAK_SEARCH, **(environment or {})})
        sums = [profile.host["allocated_bytes"] for profile in outcome.profiles]
        return max(sums) if sums else None

    def agrees(self, command, verdict, recorded):
        """A run of it records as many bytes at least, or, for 0, nothing."""
        bytes_seen = self.recorded_bytes(*command)
        if recorded == 0:
            lab.expect(not bytes_seen, f"{command}: the doctor says {verdict}, but a run records {bytes_seen} bytes")
        else:
            lab.expect((bytes_seen or 0) >= recorded, f"{command}: the doctor says {verdict}, but a run records {bytes_seen} bytes")


def folder_of_temporaries(folder):
    folder = pathlib.Path(folder)
    (folder / "tmp").mkdir(exist_ok=True)
    return folder


def script(folder, name, text, mode=0o755):
    path = pathlib.Path(folder) / name
    path.write_text(text)
    path.chmod(mode)
    return path


def is_root():
    return os.geteuid() == 0

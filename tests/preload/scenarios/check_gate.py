#!/usr/bin/env python3
"""`weir check` of two builds of a program: of the second one exactly the new leak counts, by bytes, blocks and stack.

Between the builds every function moves, lines change, the optimisation is another and the file has another name."""
import json
import pathlib
import shutil
import subprocess

import lab

SOURCE = r"""
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if VERSION > 1
#define PADDING(n) __attribute__((noinline, used)) int padding##n(int x) { return x * n + 7; }
PADDING(3) PADDING(5) PADDING(7)
#endif

void *volatile kept[8];

__attribute__((noinline)) void *get(size_t bytes) {
  void *out = malloc(bytes);
  if (out != NULL) memset(out, 1, bytes);
  return out;
}

__attribute__((noinline)) void open_sessions(int n) {
  while (n-- > 0) kept[0] = get(100);
  kept[0] = NULL;
}

#if VERSION > 1
__attribute__((noinline)) void load_plugins(void) {
  for (int i = 0; i != 4; ++i) kept[1] = get(1000);
  kept[1] = NULL;
}
#endif

__attribute__((noinline)) void wipe(void) {
  volatile char room[16384];
  for (unsigned i = 0; i != sizeof(room); ++i) room[i] = 0;
}

int main(int count, char **words) {
  const char *how = count > 1 ? words[1] : "";
  kept[7] = get(50000);
  open_sessions(3);
#if VERSION > 1
  if (strcmp(how, "child") != 0) load_plugins();
#endif
  wipe();
  fflush(stdout);
  if (strcmp(how, "child") == 0) {
    pid_t child = fork();
    if (child == 0) {
#if VERSION > 1
      load_plugins();
#endif
      wipe();
      exit(0);
    }
    waitpid(child, NULL, 0);
  }
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  puts("done");
  return 0;
}
"""


def build(laboratory, name, *options):
    source, out = laboratory.folder / "service.c", laboratory.folder / name
    source.write_text(SOURCE)
    done = subprocess.run(["cc", "-g", "-fno-builtin", "-fno-optimize-sibling-calls", *options, str(source), "-o", str(out)],
                          capture_output=True, text=True)
    lab.expect(done.returncode == 0, f"cc fails: {done.stderr}")
    return out


def check(laboratory, *words):
    done = subprocess.run([laboratory.weir, "check", *map(str, words)], capture_output=True, text=True, timeout=120)
    lab.expect(not done.stderr, f"weir check {words} says on stderr: {done.stderr}")
    return done.returncode, done.stdout


def judged(laboratory, status, *words):
    """The JSON of a check, which ends with `status`."""
    found, text = check(laboratory, "--format", "json", *words)
    lab.expect(found == status, f"weir check {words} ended with {found}, not {status}: {text[:2000]}")
    return json.loads(text)["check"]


def amount(measure):
    return measure["bytes"], measure["blocks"]


def wants(what, found, wanted):
    lab.expect(found == wanted, f"{what}: {found}, wanted {wanted}")


def record(laboratory, program, *words):
    outcome = laboratory.run("preload", [program, *words], {"WEIR_QUIET": "1"})
    lab.expect(words == ("kill",) or (outcome.status, outcome.stdout) == (0, b"done\n"), f"{program}: {outcome.status} {outcome.stdout!r}")
    return outcome.folder


def two_builds(laboratory, old, new):
    before, after = record(laboratory, old), record(laboratory, new)
    wants("the old one alone", amount(judged(laboratory, 1, before)["lost"]), (300, 3))
    judged(laboratory, 0, "--max-lost", "300", before)
    judged(laboratory, 0, "--baseline", before, record(laboratory, old))
    found = judged(laboratory, 1, "--baseline", before, after)["lost"]
    wants("new", amount(found), (4000, 4))
    wants("now", amount(found["now"]), (4300, 7))
    wants("the baseline", amount(found["baseline"]), (300, 3))
    (site,) = found["sites"]
    functions = [frame["function"] for frame in site["frames"]]
    wants("the new leak's stack", functions[:3], ["get", "load_plugins", "main"])
    judged(laboratory, 0, "--max-lost", "4000", "--baseline", before, after)
    judged(laboratory, 1, "--max-lost", "3999", "--baseline", before, after)
    judged(laboratory, 0, "--max-live", "54300", after)
    judged(laboratory, 1, "--max-live", "54299", after)
    status, text = check(laboratory, "--baseline", before, after)
    wants("status", status, 1)
    for part in ("Check failed", "4,000 bytes in 4 blocks, new", "load_plugins", "service.c:"):
        lab.expect(part in text, f"no {part!r} in: {text}")
    lab.expect("open_sessions" not in text, f"the old leak is told as a new one: {text}")
    status, text = check(laboratory, "--baseline", after, before)
    wants("status after the repair", status, 0)
    lab.expect("4,000 bytes in 4 blocks; gone from 1 call site" in text, f"what is gone is not told: {text}")

    rules = laboratory.folder / "rules"
    rules.write_text("# known\nleak:load_plugins\n")
    found = judged(laboratory, 0, "--suppressions", rules, "--baseline", before, after)
    wants("suppressed", (found["suppressed"]["lost_bytes"] >= 4000, amount(found["lost"])), (True, (0, 0)))


def without_names(laboratory, old, new):
    """Stripped, with build ids that differ: files alone tell frames apart, and the sums still do."""
    programs = []
    for program in (old, new):
        programs.append(program.with_name(program.name + ".stripped"))
        shutil.copy(program, programs[-1])
        subprocess.run(["strip", str(programs[-1])], check=True)
    before, after = (record(laboratory, program) for program in programs)
    judged(laboratory, 0, "--baseline", before, before)
    found = judged(laboratory, 1, "--baseline", before, after)["lost"]
    wants("without names", amount(found), (4000, 4))


def without_the_old_program(laboratory, old, new):
    """The old program is gone when the new one is checked: its profile says so, its report has the names."""
    program = old.with_name("service-0")
    shutil.copy(old, program)
    before, after = record(laboratory, program), record(laboratory, new)
    report = laboratory.folder / "old.json"
    report.write_text(json.dumps(laboratory.report(next(before.rglob("*.weir*")))))
    program.unlink()
    wants("against the report", amount(judged(laboratory, 1, "--baseline", report, after)["lost"]), (4000, 4))
    judged(laboratory, 0, "--baseline", report, record(laboratory, old))
    _, text = check(laboratory, "--baseline", before, after)
    lab.expect("The baseline has not all its names" in text, f"names are missing and nobody says so: {text}")


def families(laboratory, old, new):
    before, after = record(laboratory, old, "child"), record(laboratory, new, "child")
    found = judged(laboratory, 1, "--baseline", before, after)
    wants("of the family", amount(found["lost"]), (4000, 4))
    wants("processes", [process["lost_bytes"] for process in found["processes"]].count(4000), 1)
    lab.expect(len(found["processes"]) == 2, f"not two processes: {found['processes']}")
    files = sorted(after.rglob("*.weir*"))
    wants("files by name", amount(judged(laboratory, 1, "--baseline", before, *files)["lost"]), (4000, 4))


def unjudged(laboratory, old):
    killed = record(laboratory, old, "kill")
    found = judged(laboratory, 1, killed)
    wants("killed", (found["judged"], amount(found["lost"]), amount(found["unknown"])), (False, (0, 0), (50300, 4)))
    lab.expect("signal" in found["doubts"][0]["why"], f"no reason: {found['doubts']}")
    judged(laboratory, 0, "--allow-unknown", killed)
    judged(laboratory, 0, "--max-live", "50300", killed)
    status, text = check(laboratory, killed)
    lab.expect(status == 1 and "Not judged" in text and "passed" not in text, f"killed: {status} {text}")
    sampled = laboratory.run("sampled", [old], {"WEIR_QUIET": "1"}).folder
    lab.expect(not judged(laboratory, 1, sampled)["judged"], "a sampled profile was judged")


def refused(laboratory, profile):
    """Exit status 2 and one line, and nothing on stdout."""
    missing, rules = laboratory.folder / "missing", laboratory.folder / "rules"
    rules.write_text("{no report}")
    for words in ((missing,), (profile, missing), ("--baseline", missing, profile), ("--baseline", rules, profile), ("--suppressions", missing, profile),
                  ("--max-lost", "many", profile), ("--max-lost", "-1", profile), ("--format", "xml", profile)):
        done = subprocess.run([laboratory.weir, "check", *map(str, words)], capture_output=True, text=True, timeout=60)
        lab.expect((done.returncode, done.stdout) == (2, ""), f"weir check {words}: {done}")
        lab.expect(done.stderr.startswith("weir: ") and done.stderr.count("\n") == 1, f"weir check {words}: {done.stderr}")


def body(laboratory, _):
    old, new = build(laboratory, "service-1", "-O0", "-DVERSION=1"), build(laboratory, "service-2", "-O2", "-DVERSION=2")
    two_builds(laboratory, old, new)
    without_names(laboratory, old, new)
    without_the_old_program(laboratory, old, new)
    families(laboratory, old, new)
    unjudged(laboratory, old)
    refused(laboratory, next(iter(sorted(pathlib.Path(record(laboratory, old)).rglob("*.weir*")))))


lab.scenario(body)

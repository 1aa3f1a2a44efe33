#!/usr/bin/env python3
"""Other preloads before and behind weir: the program runs as with them alone, what reaches weir is recorded, and where
another malloc comes first the profile says so."""
import os
import pathlib
import shutil
import subprocess

import lab

SOURCE = r"""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static void* work(void* p) { for (int i = 0; i < 1000; ++i) free(malloc(i)); return p; }
__attribute__((noinline)) static void lose(void) { for (int i = 0; i < 9; ++i) { volatile char* block = malloc(30); *block = 1; } }
int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], 0, work, 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], 0);
  lose();
  char* text = strdup("made by libc");
  char zone[64];
  time_t now = time(NULL);
  strftime(zone, sizeof zone, "%Y", localtime(&now));
  printf("%s in %s, user %d\n", text, zone, (int)getuid());
  free(text);
  return 5;
}
"""
FOLDER = pathlib.Path("/usr/lib/x86_64-linux-gnu")
# Library, its variables, and whether its malloc takes weir's place when it comes first.
PRELOADS = (
    (FOLDER / "faketime/libfaketime.so.1", {"FAKETIME": "2001-02-03 04:05:06"}, False),
    (FOLDER / "libeatmydata.so.1", {}, False),
    (pathlib.Path("/usr/libexec/coreutils/libstdbuf.so"), {"_STDBUF_O": "0"}, False),
    (FOLDER / "libjemalloc.so.2", {}, True),
    (FOLDER / "libtcmalloc.so.4", {}, True),
    (FOLDER / "libc_malloc_debug.so.0", {}, True),
    (FOLDER / "libmemusage.so", {"MEMUSAGE_OUTPUT": "/dev/null"}, None),  # wraps and passes on
)


def check(laboratory, program, other, variables, is_first, replaces):
    here = f"{other.name} {'before' if is_first else 'behind'} weir"
    order = [str(other), laboratory.library] if is_first else [laboratory.library, str(other)]
    bare = laboratory.run("bare", ["env", f"LD_PRELOAD={other}", program], dict(variables))
    folder_and_all = laboratory.run("bare", ["env", f"LD_PRELOAD={':'.join(order)}", "WEIR_OUT=x.weir", program], dict(variables))
    lab.expect((folder_and_all.status, folder_and_all.stdout) == (bare.status, bare.stdout),
               f"{here}: {folder_and_all.status} {folder_and_all.stdout}, alone {bare.status} {bare.stdout}: {folder_and_all.stderr}")
    profile = laboratory.profile(folder_and_all.folder / "x.weir")
    warned = any("comes before weir's" in line for line in profile.coverage("warnings"))
    lab.expect(warned == (is_first and replaces is not False), f"{here}: the profile warns: {profile.coverage('warnings')}")
    # libmemusage puts 16 bytes before each block.
    wanted = (0, 0) if is_first and replaces else (270 + 9 * 16, 9) if is_first and replaces is None else (270, 9)
    lab.expect(profile.live("lose") == wanted, f"{here}: live through lose(): {profile.live('lose')}, not {wanted}")
    lab.expect(profile.report["errors"] == [], f"{here}: {profile.report['errors']}")
    profile.check_sums()
    lab.expect(not any("damaged" in line for line in profile.coverage("warnings")), f"{here}: {profile.coverage('warnings')}")
    lab.expect(profile.report["process"]["end"] == "exit", f"{here}: {profile.report['process']}")


def check_tool(laboratory, program, words):
    """A program that preloads something itself, around the command."""
    if not shutil.which(words[0]):
        return print(f"left out: {words[0]} is not here")
    bare = laboratory.run("bare", [*words, program])
    inside = laboratory.run("preload", [*words, program])
    lab.expect((inside.status, inside.stdout) == (bare.status, bare.stdout),
               f"{words}: {inside.status} {inside.stdout}, without weir {bare.status} {bare.stdout}: {inside.stderr}")
    found = lab.live_over(inside.profiles, "lose")
    lab.expect(found == (270, 9), f"{words}: live through lose(): {found}")


def body(laboratory, _programs):
    (laboratory.folder / "main.c").write_text(SOURCE)
    subprocess.run(["cc", "-g", "-fno-builtin", "main.c", "-o", "main", "-pthread"], cwd=laboratory.folder, check=True)
    program = laboratory.folder / "main"
    count = 0
    for other, variables, replaces in PRELOADS:
        if not other.exists():
            print(f"left out: {other} is not here")
            continue
        count += 1
        for is_first in (True, False):
            check(laboratory, program, other, variables, is_first, replaces)
    for words in (["stdbuf", "-o0"], ["fakeroot", "--"], ["eatmydata"], ["faketime", "2001-02-03 04:05:06"]):
        check_tool(laboratory, program, words)
    lab.expect(count >= 2, "hardly any other preload is here")


lab.scenario(body)

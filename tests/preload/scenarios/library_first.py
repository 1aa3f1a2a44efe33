#!/usr/bin/env python3
"""A library that the program is linked to comes first: in its constructor it registers fork handlers that allocate and wait
for a thread, makes many thread keys, and starts a thread that allocates. weir is initialised before it, so nothing hangs
and every block is counted."""
import subprocess

import lab

LIBRARY = r"""
#include <pthread.h>
#include <stdlib.h>
static void* work(void* p) { for (int i = 0; i < 100; ++i) free(malloc(10 + i)); return p; }
static void before(void) { pthread_t t; free(malloc(900)); if (pthread_create(&t, 0, work, 0) == 0) pthread_join(t, 0); }
static void after(void) { free(malloc(900)); }
static pthread_t early;
static void* hold(void* p) { void** blocks = p; for (int i = 0; i < 20000; ++i) { free(malloc(i % 300)); } blocks[0] = malloc(123); return p; }
static void* kept[1];
__attribute__((constructor)) static void begin(void) {
  for (int i = 0; i < 60; ++i) pthread_atfork(i ? 0 : before, i ? 0 : after, i ? 0 : after);
  for (int i = 0; i < 60; ++i) { pthread_key_t key; pthread_key_create(&key, 0); }
  pthread_create(&early, 0, hold, kept);
}
int wait_for_early(void) { return pthread_join(early, 0); }
"""
PROGRAM = r"""
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int wait_for_early(void);
int main(void) {
  int status = 0;
  for (int i = 0; i < 5; ++i) {
    pid_t child = fork();
    if (child == 0) { free(malloc(5)); _exit(0); }
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return wait_for_early();
}
"""


def body(laboratory, _programs):
    folder = laboratory.folder
    (folder / "early.c").write_text(LIBRARY)
    (folder / "main.c").write_text(PROGRAM)
    subprocess.run(["cc", "-g", "-fno-builtin", "-fPIC", "-shared", "early.c", "-o", "libearly.so"], cwd=folder, check=True)
    subprocess.run(["cc", "-g", "-fno-builtin", "main.c", "-o", "main", "-L.", "-learly", "-Wl,-rpath,$ORIGIN"], cwd=folder, check=True)
    for _ in range(5):
        outcome = laboratory.run("preload", [folder / "main"])
        lab.expect(outcome.status == 0, f"ended with {outcome.status}")
        first = outcome.parent
        lab.expect(first.leaks("hold") == (123, 1), f"the early thread's block: {first.leaks('hold')}")
        lab.expect(first.total("hold")[1] == 20001, f"of the early thread's blocks {first.total('hold')[1]} were counted")


lab.scenario(body)

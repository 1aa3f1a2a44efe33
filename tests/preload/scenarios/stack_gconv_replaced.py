#!/usr/bin/env python3
"""libc closes a character set's module by itself and loads another to the same addresses, with other frames: every
stack is right in both."""
import lab
from stack_library_replaced import compile, compile_library, expect_stacks

# A module of iconv that allocates when it is loaded. It converts nothing.
MODULE = r"""
#include <gconv.h>
void JOIN(NAME, _lose)(void) { static void* volatile kept; kept = malloc(100); }
int gconv_init(struct __gconv_step* step) {
  for (int i = 0; i < 20; ++i) JOIN(NAME, _outer)(JOIN(NAME, _lose));
  step->__min_needed_from = step->__max_needed_from = 1;
  step->__min_needed_to = step->__max_needed_to = 4;
  step->__stateful = 0;
  step->__data = NULL;
  return __GCONV_OK;
}
int gconv(struct __gconv_step* step, struct __gconv_step_data* data, const unsigned char** in, const unsigned char* end,
          unsigned char** out, size_t* irreversible, int flush, int consume) { return __GCONV_OK; }
void gconv_end(struct __gconv_step* step) {}
"""

PROGRAM = r"""
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define NOINLINE __attribute__((noinline))
/* Where the file of this name is mapped; 0: nowhere. */
static unsigned long place_of(const char* name) {
  char line[4096];
  unsigned long place = 0;
  FILE* maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps) != NULL)
    if (strstr(line, name) != NULL && place == 0) place = strtoul(line, NULL, 16);
  fclose(maps);
  return place;
}
static void use(const char* charset) {
  const iconv_t converter = iconv_open("UTF-8", charset);
  if (converter == (iconv_t)-1) exit(1);
  iconv_close(converter);
}
/* libc keeps a module that is not used any more until some others have been released. */
static void push_out(const char* file) {
  for (int i = 0; i < 20 && place_of(file) != 0; ++i) use("OMEGA");
  if (place_of(file) != 0) exit(4);
}
NOINLINE static unsigned long phase_one(void) { use("ALPHA"); return place_of("/alpha.so"); }
NOINLINE static unsigned long phase_two(void) { use("GAMMA"); return place_of("/gamma.so"); }
int main(void) {
  use("OMEGA");
  for (int i = 0; i < 10; ++i) {
    const unsigned long one = phase_one();
    push_out("/alpha.so");
    const unsigned long two = phase_two();
    push_out("/gamma.so");
    if (one == 0 || one != two) return 3;
  }
  return 0;
}
"""


def body(laboratory, _programs):
    for name in ("alpha", "gamma", "omega"):
        compile_library(laboratory.folder, name, MODULE)
    (laboratory.folder / "gconv-modules").write_text(
        "".join(f"module {name.upper()}// INTERNAL {name} 1\n" for name in ("alpha", "gamma", "omega")))
    program = compile(laboratory.folder, "program", PROGRAM)
    outcome = laboratory.run("preload", [program], {"GCONV_PATH": str(laboratory.folder)})
    if outcome.status == 3:
        lab.skip("the second module did not come to the place of the first")
    lab.expect(outcome.status == 0, f"ended with {outcome.status}: {outcome.stderr!r}")
    profile = outcome.parent
    expect_stacks(profile, "phase_one", ["alpha_lose", "alpha_inner", "alpha_outer", "gconv_init"], 10 * 20)
    expect_stacks(profile, "phase_two", ["gamma_lose", "gamma_inner", "gamma_outer", "gconv_init"], 10 * 20)


if __name__ == "__main__":
    lab.scenario(body)

#!/usr/bin/env python3
"""Holds the steady state of malloc and free in each mode to the shape in tests/shape/fast_path.golden.

    check_fast_path.py BUILD_DIR                       compares; exits 1 when a path grew, 77 where nothing can be traced,
                                                       or the compiler is not the golden table's
    check_fast_path.py BUILD_DIR --accept              rewrites the golden table with what was measured
    check_fast_path.py BUILD_DIR --listing MODE CALL   prints the instructions that CALL (malloc or free) executes
    check_fast_path.py BUILD_DIR --self-test           puts what must be noticed in front of malloc, and wants it found

The path is taken from the binary: tests/shape/fast_path.c runs under the preload, and one call after the other is
single-stepped with ptrace. Of 64 calls, the path that most took counts; the work of every 1024th call is not in it.
"""
import argparse
import pathlib
import re
import signal
import sys

sys.dont_write_bytecode = True
from fast_path import counting, decoding, golden, planted, symbols, tracing  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/shape/fast_path.golden"
MODES = {
    "off": {"WEIR_RECORD": "off"},
    "exact": {"WEIR_RECORD": "exact"},
    "sampled": {"WEIR_RECORD": "sampled"},
}
CALLS = ("malloc", "free")
PAIRS = 64


class NoSuchMode(Exception):
    """The library does not understand the mode's variables."""


class Traced:
    """A mode's run, decoded."""

    def __init__(self, build, mode, first=(), pairs=PAIRS):
        library = (build / "lib/libweir.so").resolve()
        run = tracing.Run(build / "tests/shape/fast_path", [*first, library], MODES[mode], pairs)
        if re.search(r"WEIR_\w+=.* is not ", run.said):
            raise NoSuchMode(run.said.strip())
        self.code = decoding.decode(run.code)
        self.places = symbols.Places(run.maps, library, build / "preload/libweir_jemalloc.a")
        self._calls = run.calls

    def usual(self, thread, call):
        return counting.usual(self._calls[thread][CALLS.index(call)::len(CALLS)])

    def measure(self, mode):
        """The rows of the golden table for this mode."""
        block = self.usual(0, "malloc")[0][1].rax
        elsewhere = set()
        for call in CALLS:
            elsewhere.update(*counting.lines(self.usual(1, call)[0], self.code))
        rows = {}
        for call in CALLS:
            path, _ = self.usual(0, call)
            for part, numbers in counting.count(path, self.code, self.places).items():
                rows[mode, call, part] = numbers
            for name, touched in zip(("lines read", "lines written"), counting.lines(path, self.code)):
                numbers = counting.count_lines(touched, path[0][0], block, self.places)
                rows[mode, call, name] = {**numbers, "shared": len(touched & elsewhere)}
        return rows


def measure_all(build):
    measured = {}
    for mode in MODES:
        try:
            measured.update(Traced(build, mode).measure(mode))
        except NoSuchMode as refusal:
            print(f"check_fast_path: mode {mode} is left out: {refusal}")
    return measured


def check(build):
    text = GOLDEN.read_text() if GOLDEN.exists() else ""
    compilers = symbols.compilers_of(build / "lib/libweir.so")
    if text and golden.compiler_of(text) != compilers:
        print(f"skipped: {GOLDEN.name} is of {golden.compiler_of(text)}, this library is of {compilers}")
        return tracing.SKIP
    measured, accepted = measure_all(build), golden.parse(text)
    said = golden.differences(measured, accepted)
    if not said:
        print("\n".join(golden.shorter(measured, accepted)
                        + [f"check_fast_path: {', '.join(dict.fromkeys(key[0] for key in measured))}: within {GOLDEN.name}"]))
        return 0
    print(golden.text_of(measured))
    print("\n".join(said))
    print(f"\nsee the path with:      scripts/check_fast_path.py {build.name} --listing MODE CALL\n"
          f"accept the table with:  scripts/check_fast_path.py {build.name} --accept")
    return 1


def accept(build):
    text = golden.text_of(measure_all(build))
    GOLDEN.write_text(f"{golden.HEAD}{golden.COMPILER}{symbols.compilers_of(build / 'lib/libweir.so')}\n{text}")
    print(f"{text}\ncheck_fast_path: this is now {GOLDEN.relative_to(ROOT)}")
    return 0


def listing(build, mode, call):
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # its output is for a pager
    traced = Traced(build, mode)
    places, ((steps, after), times) = traced.places, traced.usual(0, call)
    print(f"{mode} {call}: {len(steps)} instructions; {times} of {PAIRS} calls took this path")
    function = None
    for registers, following in zip(steps, [*steps[1:], after]):
        file, symbol, offset = places.symbol(registers.rip)
        if function != (file, symbol):
            function = (file, symbol)
            print(f"\n{places.part(registers.rip)}: {symbol} ({file})")
        instruction = traced.code[registers.rip]
        text = instruction.text
        if instruction.target is not None:
            text = text.replace(instruction.operands, f"{places.offset(instruction.target):#x}")
        print(f"  {places.offset(registers.rip):8x} +{offset:<5x} {text}{note(instruction, registers, following, places)}")
    return 0


def note(instruction, registers, following, places):
    """What the listing adds to an instruction: data by name, where a jump went."""
    words = []
    if instruction.is_branch:
        words.append("taken" if following.rip != instruction.at + instruction.length else "not taken")
    elif instruction.name in ("call", "jmp"):
        words.append(places.symbol(following.rip)[1])
    if instruction.memory is not None and "rip" in instruction.memory[0]:
        _, symbol, offset = places.symbol(instruction.address(registers)[0])
        words.append(symbol + (f"+{offset:#x}" if offset else ""))
    words += [kind for kind in ("locked", "fence", "division", "syscall") if getattr(instruction, f"is_{kind}")]
    return "    ; " + ", ".join(words) if words else ""


def measure_with(build, source):
    with planted.library(source) as first:
        return Traced(build, "exact", [first], pairs=8).measure("exact")


def is_refused(build):
    try:
        measure_with(build, planted.NO_PTRACE)
    except tracing.Refused:
        return True
    return False


def self_test(build):
    """What is planted in front of malloc must be complained of; the golden table is the same library without it."""
    bare = measure_with(build, planted.malloc_with(""))
    again = golden.parse(golden.text_of(bare))
    found = [("the table as its text has it", again == {key: row for key, row in bare.items() if any(row.values())}),
             ("nothing where nothing is planted", not golden.differences(bare, again)),
             ("a refusal to trace", is_refused(build))]
    for text, wanted in planted.ROWS:
        said = golden.differences(measure_with(build, planted.malloc_with(text)), again)
        found.append((wanted, any(complaint.startswith(f"exact malloc, {wanted}") for complaint in said)))
    missed = [wanted for wanted, is_found in found if not is_found]
    print("\n".join([f"self-test: not found: {wanted}" for wanted in missed]
                    + [f"self-test: {len(found) - len(missed)} of {len(found)} found"]))
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--accept", action="store_true")
    what.add_argument("--listing", nargs=2, metavar=("MODE", "CALL"))
    what.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.listing and (options.listing[0] not in MODES or options.listing[1] not in CALLS):
        parser.error(f"a mode of {', '.join(MODES)} and a call of {', '.join(CALLS)}")
    try:
        if options.listing:
            return listing(options.build, *options.listing)
        return (accept if options.accept else self_test if options.self_test else check)(options.build)
    except (NoSuchMode, counting.Unsteady) as refusal:
        sys.exit(f"check_fast_path: {refusal}")
    except tracing.Refused as reason:
        print(f"skipped: this environment does not allow to trace a program: {reason}")
        return tracing.SKIP


sys.exit(main())

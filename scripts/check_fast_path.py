#!/usr/bin/env python3
"""Holds the steady state of malloc and free in each mode to the shape in tests/shape/fast_path.golden.

    check_fast_path.py BUILD_DIR --listing MODE CALL   prints the instructions that CALL (malloc or free) executes

The path is taken from the binary: tests/shape/fast_path.c runs under the preload, and one call after the other is
single-stepped with ptrace.
"""
import argparse
import collections
import pathlib
import sys

sys.dont_write_bytecode = True
from fast_path import decoding, symbols, tracing  # noqa: E402

MODES = {"off": {"WEIR_RECORD": "off"}, "exact": {"WEIR_RECORD": "exact"}, "sampled": {"WEIR_RECORD": "sampled"}}
CALLS = ("malloc", "free")
PAIRS = 64


def usual(calls):
    """The call with the path that most calls took, and how many took it."""
    def path(call):
        return tuple(registers.rip for registers in call[0])
    most, times = collections.Counter(map(path, calls)).most_common(1)[0]
    return next(call for call in calls if path(call) == most), times


def trace(build, mode, preload=(), pairs=PAIRS):
    library = (build / "lib/libweir.so").resolve()
    return tracing.Run(build / "tests/shape/fast_path", [*preload, library], MODES[mode], pairs)


def listing(build, mode, call):
    run = trace(build, mode)
    places = symbols.Places(run.maps, build / "lib/libweir.so", build / "preload/libweir_jemalloc.a")
    code = decoding.decode(run.code)
    (steps, after), times = usual(run.calls[0][CALLS.index(call)::2])
    print(f"{mode} {call}: {len(steps)} instructions; {times} of {PAIRS} calls took this path")
    function = None
    for registers, following in zip(steps, [*steps[1:], after]):
        file, symbol, offset = places.symbol(registers.rip)
        if function != (file, symbol):
            function = (file, symbol)
            print(f"\n{places.part(registers.rip)}: {symbol} ({file})")
        instruction = code[registers.rip]
        base, text = places.base_of(registers.rip), instruction.text
        if instruction.target is not None:
            text = text.replace(instruction.operands, f"{instruction.target - base:#x}")
        print(f"  {registers.rip - base:8x} +{offset:<5x} {text}{note(instruction, registers, following, places)}")


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
    for flag in ("locked", "fence", "division", "syscall"):
        if getattr(instruction, f"is_{flag}"):
            words.append(flag.upper())
    return "    ; " + ", ".join(words) if words else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", type=pathlib.Path)
    parser.add_argument("--listing", nargs=2, metavar=("MODE", "CALL"))
    options = parser.parse_args()
    if options.build is None:
        parser.error("which build directory?")
    if options.listing:
        return listing(options.build, *options.listing)
    return 0


sys.exit(main())

#!/usr/bin/env python3
"""Makes what simcudart takes from the toolkit at build time.

    generate.py errors  DRIVER_TYPES_H OUT       a header with the name of each cudaError
    generate.py stubs   LIBCUDART OUT OBJECT...  functions for every name that LIBCUDART exports and no OBJECT defines:
                                                 each says once that it is not simulated and returns cudaErrorNotSupported
    generate.py version LIBCUDART OUT            the version script of the shared library
"""
import pathlib
import re
import subprocess
import sys


def errors(header):
    """Rows of `enum cudaError { name = value, ... }`; a value that has two names keeps the first."""
    text = re.sub(r"/\*.*?\*/", "", pathlib.Path(header).read_text(), flags=re.S)
    body = re.search(r"enum\s+__device_builtin__\s+cudaError\s*\{(.*?)\}", text, re.S)[1]
    rows = {}
    for name, value in re.findall(r"(\w+)\s*=\s*(\d+)", body):
        rows.setdefault(int(value), name)
    lines = ["#pragma once", "namespace simcudart {", "struct ErrorName {", "  int value;", "  const char* name;", "};",
             "inline constexpr ErrorName kErrors[] = {"]
    lines += [f'    {{{value}, "{name}"}},' for value, name in sorted(rows.items())]
    return lines + ["};", "}  // namespace simcudart"]


def defined(*command):
    rows = (line.split() for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
    return {row[-1].split("@")[0] for row in rows if len(row) == 3 and row[1] in "TW"}


def runtime_names(library):
    return {name for name in defined("nm", "-D", "--defined-only", library) if re.match(r"(__)?cuda", name)}


def stubs(library, objects):
    """C without the runtime's headers: a stub looks at no argument, so one signature serves for all."""
    missing = sorted(runtime_names(library) - defined("nm", "--defined-only", *objects))
    lines = ["int simcudart_not_simulated(const char* name);"]
    return lines + [f'int {name}(void) {{ return simcudart_not_simulated("{name}"); }}' for name in missing]


def version(library):
    node = re.search(r"SONAME.*\[(.*)\]", subprocess.run(["readelf", "-dW", library], capture_output=True, text=True,
                                                         check=True).stdout)[1]
    return [f"{node} {{", "  global:"] + [f"    {name};" for name in sorted(runtime_names(library))] + ["  local: *;", "};"]


def main():
    what, source, out, *rest = sys.argv[1:]
    lines = {"errors": errors, "version": version}[what](source) if what != "stubs" else stubs(source, rest)
    pathlib.Path(out).write_text("\n".join(lines) + "\n")


main()

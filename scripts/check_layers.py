#!/usr/bin/env python3
"""Holds every #include of src/ and preload/ against the module lines of src/CMakeLists.txt.

    check_layers.py [--root DIR]     prints one line per violation, exits 1 when there is any
    check_layers.py --self-test      plants each kind of violation in a copy of the tree and wants it found

Checked: a module includes only itself and what its line USES; of another module only the face
(<module>/<module>.hpp, and the headers named in OPEN_HEADERS); no cycles; in core and preload only std
headers that need no runtime; the macros of the house and no others; no file beyond MAX_LINES.
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

# Modules that are groups of small headers: any of their headers may be included.
HEADER_GROUPS = {"core/base", "core/platform"}
# Headers beside the face that other modules may include.
OPEN_HEADERS = {"core/profile/format.hpp", "core/config/options.inc", "tool/symbolize/progress.hpp", "tool/compare/site_match.hpp", "tool/report/context.hpp", "tool/report/family.hpp", "tool/report/format.hpp", "tool/report/leaks.hpp", "tool/report/scan.hpp", "tool/report/words.hpp", "core/engine/cuda_memory.hpp", "core/engine/cuda_pools.hpp", "core/cuda/functions.inc"}
# What a tool module may take from a core module, where that is less than the face.
TOOL_ONLY = {"core/profile": {"core/profile/format.hpp"}}
PRELOAD_USES = {"core/engine", "core/cuda", "core/base"}
# C++ headers that are all inline: what is used of them leaves no reference to libstdc++. C and POSIX headers
# (*.h) are free; that nothing in them allocates is checked on the objects (check_shape.py).
INSIDE_STD = set("atomic array span bit concepts string_view utility type_traits cstdint cstddef cstring climits cerrno limits new".split())
# Every function-like macro of the product, with its one purpose. Ten or fewer.
MACROS = {
    "HOOK": "defines an exported replacement",     "WEIR_CHECK": "own invariant", "WEIR_DCHECK": "own invariant, debug builds",
    "OPTION": "row of options.inc", "RESERVED": "row of options.inc", "DRIVER_FN": "row of core/cuda/functions.inc",
    "DRIVER_FN_LIGHT": "row of core/cuda/functions.inc",
    "SECTION": "row of sections.inc", "FORMAT": "row of formats.inc", "COMMAND": "row of commands.inc",
}
MAX_LINES = 500
SOURCES = {".cpp", ".hpp", ".h", ".c", ".inc"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)\(")
MODULE = re.compile(r"^\s*weir_(module|tool)\(([^)]*)\)", re.M)


class Module:
    def __init__(self, world, words):
        self.path = f"{world}/{words[0]}"
        self.uses = set()
        into = None
        for word in words[1:]:
            if word in ("USES", "USES_CORE", "LINKS"):
                into = word
            elif into == "USES":
                self.uses.add(f"{world}/{word}")
            elif into == "USES_CORE":
                self.uses.add(f"core/{word}")


def read_modules(root):
    text = re.sub(r"#.*", "", (root / "src/CMakeLists.txt").read_text())
    found = [Module("core" if kind == "module" else "tool", body.split()) for kind, body in MODULE.findall(text)]
    return {module.path: module for module in found}


def source_files(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in SOURCES:
                yield path, path.relative_to(root).as_posix()


def find_cycle(graph):
    """One cycle as a list of names, or None."""
    state, trail = {}, []

    def visit(node):
        state[node] = "open"
        trail.append(node)
        for after in sorted(graph.get(node, ())):
            if state.get(after) == "open":
                return trail[trail.index(after):] + [after]
            if after not in state and (cycle := visit(after)):
                return cycle
        state[node] = "done"
        trail.pop()
        return None

    for node in sorted(graph):
        if node not in state and (cycle := visit(node)):
            return cycle
    return None


def judge_include(owner, uses, target, where):
    """The complaint about `owner` including "target", or None."""
    parts = target.split("/")
    module = "/".join(parts[:2])
    if module == owner:
        return None
    if module not in uses:
        return f"{where}: {owner} includes {target}, but its line in src/CMakeLists.txt does not use {module}"
    if owner.startswith("tool/") and module in TOOL_ONLY:
        return None if target in TOOL_ONLY[module] else f"{where}: the tool may take from {module} only {sorted(TOOL_ONLY[module])}"
    if module in HEADER_GROUPS or target in OPEN_HEADERS or target == f"{module}/{parts[1]}.hpp":
        return None
    return f"{where}: {owner} includes {target}, which is inside {module}: include its face {module}/{parts[1]}.hpp"


def twice_defined(root):
    """Classes of one name in headers of one namespace: two different ones in one program are undefined behaviour."""
    problems, seen = [], {}
    for path, name in source_files(root, "src"):
        if path.suffix != ".hpp":
            continue
        space = ""
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if found := re.match(r"namespace ([\w:]+) \{", line):
                space = found[1]
            elif found := re.match(r"(?:class|struct)(?: \[\[.*?\]\])? (\w+)(?: final)?(?: :[^;]*)? ?\{", line):
                first = seen.setdefault((space, found[1]), f"{name}:{number}")
                if not first.startswith(f"{name}:"):
                    problems.append(f"{name}:{number}: {space}::{found[1]} is another class at {first}")
    return problems


def check(root):
    problems, graph, macros = [], {}, {}
    modules = read_modules(root)
    for module in modules.values():
        for used in module.uses - modules.keys():
            problems.append(f"src/CMakeLists.txt: {module.path} uses {used}, which is no module")
    for folder in sorted(p.relative_to(root / "src").as_posix() for w in ("core", "tool") for p in (root / "src" / w).glob("*/")):
        if folder not in modules and any((root / "src" / folder).iterdir()):
            problems.append(f"src/{folder}: has no weir_module or weir_tool line in src/CMakeLists.txt")

    for path, name in source_files(root, "src", "preload", "include"):
        lines = path.read_text().splitlines()
        if len(lines) > MAX_LINES:
            problems.append(f"{name}: {len(lines)} lines; the ceiling is {MAX_LINES}")
        in_preload, in_include = name.startswith("preload/"), name.startswith("include/")
        owner = "preload" if in_preload else "include" if in_include else "/".join(name.split("/")[1:3])
        uses = PRELOAD_USES if in_preload else modules[owner].uses if owner in modules else set()
        for number, line in enumerate(lines, 1):
            where = f"{name}:{number}"
            if found := DEFINE.match(line):
                macros.setdefault(found[1], where)
            if not (found := INCLUDE.match(line)):
                continue
            angle, target = found[1] == "<", found[2]
            if target.startswith(("core/", "tool/")):
                if complaint := judge_include(owner, uses, target, where):
                    problems.append(complaint)
                graph.setdefault(owner, set()).add("/".join(target.split("/")[:2]))
            elif not angle and not target.startswith("weir/") and not (in_preload and (root / "preload" / target).exists()):
                problems.append(f'{where}: "{target}": write the path from src/')
            elif (in_preload or owner.startswith("core/")) and angle and not target.endswith(".h") and target not in INSIDE_STD:
                problems.append(f"{where}: <{target}> is not among the headers the inside may use: {' '.join(sorted(INSIDE_STD))}")

    problems += twice_defined(root)
    for name, where in sorted(macros.items()):
        if name not in MACROS:
            problems.append(f"{where}: macro {name}() is not one of the house's ten; the list is in scripts/check_layers.py")
    if len(MACROS) > 10:
        problems.append(f"scripts/check_layers.py: {len(MACROS)} macros; ten are enough")
    for kind, edges in (("#include", graph), ("src/CMakeLists.txt", {m.path: m.uses for m in modules.values()})):
        edges = {node: after - {node} for node, after in edges.items()}
        if cycle := find_cycle(edges):
            problems.append(f"cycle by {kind}: {' -> '.join(cycle)}")
    for path, name in source_files(root, "tests", "bench"):
        if (count := len(path.read_text(errors="replace").splitlines())) > MAX_LINES:
            problems.append(f"{name}: {count} lines; the ceiling is {MAX_LINES}")
    for path in sorted((root / "scripts").glob("*.py")):
        if (count := len(path.read_text().splitlines())) > MAX_LINES:
            problems.append(f"scripts/{path.name}: {count} lines; the ceiling is {MAX_LINES}")
    return problems


# Each row: file to write, its text, what the complaint must say.
PLANTED = [
    ("src/core/base/planted.hpp", '#include "core/engine/engine.hpp"\n', "does not use core/engine"),
    ("src/core/engine/planted.cpp", '#include "core/track/site_table.hpp"\n', "inside core/track"),
    ("src/core/stack/planted.cpp", '#include "tool/report/report.hpp"\n', "does not use tool/report"),
    ("src/core/track/planted.cpp", "#include <vector>\n", "<vector> is not among"),
    ("src/core/track/planted.hpp", "#define PLANTED(x) x\n", "macro PLANTED() is not"),
    ("src/tool/report/planted.cpp", '#include "core/profile/profile.hpp"\n', "may take from core/profile only"),
    ("src/tool/symbolize/planted.cpp", '#include "tool/cli/cli.hpp"\n', "does not use tool/cli"),
    ("src/core/config/planted.cpp", '#include "config.hpp"\n', "write the path from src/"),
    ("preload/planted.cpp", '#include "core/host/host.hpp"\n', "does not use core/host"),
    ("src/core/track/planted.cpp", "//\n" * (MAX_LINES + 1), "the ceiling is"),
    ("src/tool/check/planted.hpp", "namespace weir::tool {\nstruct Subject {\n};\n}\n", "is another class"),
    ("src/core/planted/planted.cpp", "\n", "has no weir_module"),
    ("src/CMakeLists.txt", "weir_module(base USES engine)\nweir_module(engine USES base)\n", "cycle by src/CMakeLists.txt"),
]


def self_test(root):
    missed = 0
    for name, text, want in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for part in ("src", "preload", "include"):
                if (root / part).exists():
                    shutil.copytree(root / part, copy / part)
            (copy / "scripts").mkdir()
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            before = set(check(copy))
            target.write_text((target.read_text() if name == "src/CMakeLists.txt" else "") + text)
            found = [problem for problem in check(copy) if problem not in before]
            if not any(want in problem for problem in found):
                missed += 1
                print(f"self-test: planted {name} ({text.splitlines()[0] if text.strip() else 'empty file'}) was not found; wanted '{want}', got {found}")
    print(f"self-test: {len(PLANTED) - missed} of {len(PLANTED)} planted violations found")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test(options.root)
    problems = check(options.root)
    print("\n".join(problems) if problems else "check_layers: every include keeps to the graph")
    return 1 if problems else 0


sys.exit(main())

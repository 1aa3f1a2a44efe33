#!/usr/bin/env python3
"""Holds the documents against the tree.

    check_docs.py [--root DIR] [--weir PROGRAM]    prints one line per violation, exits 1 when there is any
    check_docs.py --self-test                      plants each kind of violation and wants it found

Checked: docs/options.md is what `weir options --markdown` prints; every relative link in a *.md file leads
somewhere, headings included; a document names only scripts that exist, commands and options that `weir --help` knows, and
variables that are options of the library or of the build.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
SCRIPT = re.compile(r"\b(scripts/[\w./-]*\w|\.ci/\w+)")
FENCE = re.compile(r"^\s*(```|~~~)")
SPAN = re.compile(r"`(weir [^`]*)`")
SHELL = re.compile(r"^(\$ )?(?:\w+=\S+ )*(weir .*)")  # a line of a fenced block
VARIABLE = re.compile(r"\b(WEIR_[A-Z_]*[A-Z])\b(?!\*)")


def documents(root):
    for path in sorted(root.rglob("*.md")):
        top = path.relative_to(root).parts[0]
        if not top.startswith((".", "build")):
            yield path


def anchors(path):
    """The anchors that the headings of a document make."""
    found = set()
    for line in path.read_text().splitlines():
        if heading := re.match(r"#+\s+(.*)", line):
            text = re.sub(r"[`*_]|\[|\]\([^)]*\)", "", heading[1]).strip().lower()
            found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found


def ask(weir, *words):
    return subprocess.run([weir, *words], capture_output=True, text=True, check=True).stdout


def known_to(weir):
    """The help of each command, by its name."""
    return {name: ask(weir, name, "--help") for name in set(re.findall(r"^  weir ([a-z]+)", ask(weir, "--help"), re.M))}


def command_problems(command, commands, is_certain):
    """What is wrong with this command line. Else than certain it may be a sentence that begins with weir."""
    name, _, rest = command.removeprefix("weir ").partition(" ")
    if not re.fullmatch("[a-z]+", name) or (name not in commands and not is_certain):
        return []
    if name not in commands:
        return [f"names the command weir {name}, which does not exist"]
    own = re.split(r" -- | [#|;]", " " + rest + " ")[0]
    return [f"names weir {name} {option}, which does not exist" for option in re.findall(r"--[a-z][\w-]*", own)
            if not re.search(re.escape(option) + r"(?![\w-])", commands[name])]


def line_problems(line, fenced, commands):
    if fenced:
        shell = SHELL.match(line)
        return command_problems(shell[2], commands, bool(shell[1])) if shell else []
    return [problem for span in SPAN.findall(line) for problem in command_problems(span, commands, True)]


def check(root, weir, commands=None, variables=None):
    problems = []
    for path in documents(root):
        name = path.relative_to(root).as_posix()
        fenced = False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for script in SCRIPT.findall(line):
                if not (root / script).exists() and not list(root.glob(script + ".*")):
                    problems.append(f"{name}:{number}: names {script}, which does not exist")
            for variable in VARIABLE.findall(line) if variables else ():
                if variable not in variables:
                    problems.append(f"{name}:{number}: names {variable}, which is no option")
            if FENCE.match(line):
                fenced = not fenced
            if commands:
                problems += [f"{name}:{number}: {problem}" for problem in line_problems(line, fenced, commands)]
            if fenced:
                continue
            for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:", link):
                    continue
                file, _, anchor = link.partition("#")
                target = path.parent / file if file else path
                if not target.exists():
                    problems.append(f"{name}:{number}: link to {link}, which does not exist")
                elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                    problems.append(f"{name}:{number}: link to {link}: no such heading")
    options = root / "docs/options.md"
    if weir:
        printed = ask(weir, "options", "--markdown")
        if not options.exists() or options.read_text() != printed:
            problems.append("docs/options.md: differs from the options table; accept with: "
                            "weir options --markdown > docs/options.md")
    return problems


def self_test():
    planted = [
        ("see [x](gone.md)\n", "gone.md, which does not exist"),
        ("see [x](#gone)\n", "no such heading"),
        ("run scripts/gone.py\n", "names scripts/gone.py"),
        ("call `weir gone x`\n", "names the command weir gone"),
        ("call `weir run --gone -- x`\n", "names weir run --gone"),
        ("```\n$ A=1 weir run --on\n```\n", "names weir run --on,"),
        ("set WEIR_GONE=1\n", "names WEIR_GONE"),
    ]
    commands, variables = {"run": "weir run [--one]"}, {"WEIR_HERE"}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "docs").mkdir()
        (root / "docs/good.md").write_text("# A good one\n[a](#a-good-one) [b](good.md) `[c](gone.md)`\n"
                                           "WEIR_HERE `weir run --one -- x --two`\n```\nweir may say so\n```\n")
        missed = check(root, None, commands, variables)
        for text, want in planted:
            (root / "docs/planted.md").write_text(text)
            if not any(want in problem for problem in check(root, None, commands, variables)):
                missed.append(f"planted {text!r} was not found")
        (root / "docs/planted.md").unlink()
        (root / "docs/options.md").write_text("not what echo prints\n")
        if not any("docs/options.md: differs" in problem for problem in check(root, "echo")):
            missed.append("a stale docs/options.md was not found")
        (root / "docs/options.md").write_text("options --markdown\n")
        missed += check(root, "echo")
    print("\n".join(missed) if missed else f"self-test: {len(planted) + 1} of {len(planted) + 1} planted violations found")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--weir", help="the weir program; without it docs/options.md is not compared")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    commands = variables = None
    if options.weir:
        commands = known_to(options.weir)
        build = (options.root / "CMakeLists.txt").read_text()
        variables = set(VARIABLE.findall(ask(options.weir, "options", "--markdown") + build))
    problems = check(options.root, options.weir, commands, variables)
    print("\n".join(problems) if problems else "check_docs: links, scripts, commands and options agree")
    return 1 if problems else 0


sys.exit(main())

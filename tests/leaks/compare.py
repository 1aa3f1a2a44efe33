"""What weir and valgrind call lost in real programs, side by side: writes the table of docs/leaks-compared.md.

    compare.py LIBRARY [PAGE]

Of each program the process that is started; children are left out. A line of the table compares the blocks that valgrind
calls definitely or indirectly lost with those that weir calls lost, and the program's output and status with and without
weir. Where a program is not installed, its line says so.
"""
import collections
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import check
from verdicts import Verdicts

HELLO = '#include <map>\n#include <string>\nint main() { std::map<std::string, int> m; return m["a"]; }\n'
ASSEMBLY = "\n".join(f"f{i}: mov $%d, %%rax\n .long f{i} - .\n ret" % i for i in range(3000)) + "\n"
PERL = ("use Data::Dumper; my @a = map { {n => $_, t => 'x' x $_} } 1..300; my $d = Dumper(\\@a);"
        "for (1..50) { my ($x, $y) = ({}, {}); $x->{y} = $y; $y->{x} = $x; eval \"sub f$_ { return $_ }\" } print length $d, qq{\\n}")
PYTHON = ("import json, sqlite3, threading, collections\n"
          "d = sqlite3.connect(':memory:')\n"
          "d.execute('create table t (a, b)')\n"
          "d.executemany('insert into t values (?, ?)', [(i, str(i)) for i in range(500)])\n"
          "t = [threading.Thread(target=lambda: json.dumps(list(range(1000)))) for _ in range(4)]\n"
          "[x.start() for x in t]; [x.join() for x in t]\n"
          "print(d.execute('select sum(a) from t').fetchone())")
SQL = ("create table t (a integer primary key, b text); with recursive c(x) as (select 1 union all select x + 1 from c limit 2000)"
       " insert into t select x, hex(x * 7919) from c; create index i on t (b); select count(*), max(b) from t;")
GAWK = "BEGIN { for (i = 0; i < 5000; i++) a[i % 700] = a[i % 700] \"x\" i; n = asorti(a, b); print n, b[1], length(a[3]) }"
LUA = "local t = {} for i = 1, 20000 do t[i] = {tostring(i), i} end print(#t, t[777][1]) local f = coroutine.wrap(function() coroutine.yield(1) end) print(f())"
BASH = "for i in {1..300}; do a[$i]=$((i * i)); s+=${a[$i]}; done; f() { local x=$1; echo ${#x}; }; f \"$s\"; declare -A m=([a]=1 [b]=2); echo ${!m[@]}"

COMMANDS = {
    "true": ["/bin/true"],
    "date": ["date", "-u", "-d", "2024-01-01"],
    "git log": ["git", "-C", "{repository}", "--no-pager", "log", "--stat"],
    "git diff": ["git", "-C", "{repository}", "--no-pager", "diff", "HEAD~1", "HEAD"],
    "git blame": ["git", "-C", "{repository}", "--no-pager", "blame", "text"],
    "perl": ["/usr/bin/perl", "-e", PERL],
    "python3": ["/usr/bin/python3", "-c", PYTHON],
    "bash": ["/bin/bash", "--norc", "-c", BASH],
    "sqlite3": ["sqlite3", ":memory:", SQL],
    "gawk": ["gawk", GAWK],
    "lua": ["lua5.4", "-e", LUA],
    "as": ["as", "{assembly}", "-o", "{place}/out.o"],
    "gdb -batch": ["/usr/bin/gdb", "-nx", "-batch", "-ex", "info line main", "-ex", "info functions", "/bin/true"],
    "g++ (driver)": ["g++", "-###", "-c", "{source}"],
    "cc1plus": ["{cc1plus}", "-quiet", "-imultiarch", "{multiarch}", "-O1", "{source}", "-o", "{place}/out.s"],
}
VERSIONS = {"git": ["git", "--version"], "perl": ["/usr/bin/perl", "-e", "print $^V"], "python3": ["/usr/bin/python3", "--version"],
            "bash": ["/bin/bash", "--version"], "sqlite3": ["sqlite3", "--version"], "gawk": ["gawk", "--version"],
            "lua": ["lua5.4", "-v"], "as": ["as", "--version"], "gdb": ["/usr/bin/gdb", "--version"], "g++": ["g++", "--version"],
            "valgrind": ["valgrind", "--version"]}


def filled_in(command, names):
    """The command with what prepare() has made."""
    return [word.format(**names) if word.startswith("{") and "}" in word and " " not in word else word for word in command]


def prepare(place):
    repository = place / "repository"
    repository.mkdir()
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-C", str(repository)]
    subprocess.run([*git, "init", "-q"], check=True)
    for turn in range(12):
        (repository / "text").write_text("\n".join(f"{line * (turn + 1) % 97}" for line in range(400)))
        (repository / f"file{turn}").write_text("x" * turn)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", f"turn {turn}"], check=True)
    (place / "a.s").write_text(ASSEMBLY)
    (place / "a.cpp").write_text(HELLO)
    cc1plus, multiarch = (subprocess.run(["g++", f"-print-{what}"], capture_output=True, text=True).stdout.strip() for what in ("prog-name=cc1plus", "multiarch"))
    return {"place": place, "repository": repository, "assembly": place / "a.s", "source": place / "a.cpp", "cc1plus": cc1plus, "multiarch": multiarch}


# perl copies its environment: under each tool it is the same, but for what is preloaded. The last four are valgrind's own.
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0", "WEIR_QUIET": "1",
               "LD_PRELOAD": "", "GLIBCPP_FORCE_NEW": "1", "GLIBCXX_FORCE_NEW": "1", "LD_LIBRARY_PATH": "/usr/lib/debug"}


def start(command, folder, more):
    environment = ENVIRONMENT | {"WEIR_OUT": f"{folder}/%p.weir"} | more
    out = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    text = out.communicate(timeout=600)
    return out.pid, out.returncode, text


def of_valgrind(command, folder):
    options = ["--leak-check=full", "--show-leak-kinds=all", "--num-callers=40", "--xml=yes", f"--xml-file={folder}/%p.xml",
               "--run-libc-freeres=no", "--run-cxx-freeres=no", "--malloc-fill=0x00"]  # what earlier blocks left is nobody's
    pid, _, _ = start(["valgrind", *options, *command], folder, {})
    lost = [site for site in check.valgrind_sites(f"{folder}/{pid}.xml") if site[1] == "lost"]
    by_stack = collections.defaultdict(lambda: [0, 0])
    for stack, verdict, blocks, size in check.valgrind_sites(f"{folder}/{pid}.xml", "ip"):
        if verdict == "lost":
            by_stack[tuple(stack)][0] += blocks
            by_stack[tuple(stack)][1] += size
    return sum(site[2] for site in lost), sum(site[3] for site in lost), lost, collections.Counter(map(tuple, by_stack.values()))


def of_weir(library, command, folder):
    pid, status, text = start(command, folder, {"LD_PRELOAD": library})
    return Verdicts(f"{folder}/{pid}.weir"), status, text


def row(name, command, library, folder):
    if shutil.which(command[0]) is None:
        return f"| {name} | not installed | | | | | | |", []
    pid, status, text = start(command, folder, {})
    verdicts, weir_status, weir_text = of_weir(library, command, folder)
    same = "same" if (status, text[0]) == (weir_status, weir_text[0]) else "**other**"
    blocks, size, sites, numbers = of_valgrind(command, folder)
    lost, scan = verdicts.lost, verdicts.scan
    mine = [site for site in verdicts.sites if site.lost_blocks]
    own = collections.Counter((site.lost_blocks, site.lost_bytes) for site in mine)
    difference = "" if lost == (blocks, size) else f"{lost[0] - blocks:+} blocks, {lost[1] - size:+} B"
    line = (f"| {name} | {lost[0]} / {lost[1]} | {blocks} / {size} | {difference or 'none'} |"
            f" {(own & numbers).total()} of {numbers.total()} | {verdicts.reachable[0]} |"
            f" {same} | {scan.took_ns / 1e6:.1f} ms |")
    return line, [name, own - numbers, numbers - own, mine, sites] if own != numbers else []


def versions():
    for name, command in VERSIONS.items():
        if shutil.which(command[0]):
            out = subprocess.run(command, capture_output=True, text=True)
            yield f"{name}: {((out.stdout or out.stderr).splitlines() or ['?'])[0].strip()}"


def explain(name, only_mine, only_theirs, mine, theirs):
    print(f"--- {name}: (blocks, bytes) of sites, only weir's {dict(only_mine)}, only valgrind's {dict(only_theirs)}")
    for site in sorted(mine, key=lambda one: -one.lost_bytes)[:12]:
        print(f"  weir     {site.lost_blocks:5} {site.lost_bytes:8}  {' < '.join(site.functions[:8])}")
    for functions, _, blocks, size in sorted(theirs, key=lambda one: -one[3])[:12]:
        print(f"  valgrind {blocks:5} {size:8}  {' < '.join(functions[:9])}")


def main():
    library = os.path.abspath(sys.argv[1])
    if shutil.which("valgrind") is None:
        print("skipped: no valgrind here")
        return check.SKIP
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        names = prepare(pathlib.Path(folder))
        for name, command in COMMANDS.items():
            line, rest = row(name, filled_in(command, names), library, folder)
            lines.append(line)
            print(line, flush=True)
            if rest:
                explain(*rest)
    if len(sys.argv) > 2:
        page = pathlib.Path(sys.argv[2])
        head = page.read_text().split("<!-- table -->")[0] if page.exists() else "# Lost blocks of real programs, by weir and by valgrind\n\n"
        notes = page.read_text().split("<!-- end -->")[1] if page.exists() else "\n"
        day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        page.write_text("\n".join([head + "<!-- table -->", f"Measured on {day}, with {'; '.join(versions())}.", "",
                                   "| program | weir: lost blocks / bytes | valgrind | difference | sites with the same blocks and bytes | reachable | output, status | time at exit |",
                                   "|---|---|---|---|---|---|---|---|", *lines, "<!-- end -->"]) + notes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

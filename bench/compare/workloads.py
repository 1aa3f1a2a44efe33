"""The real programs that bench.py runs, and their inputs.

TUNING are the programs that the parameters of the capture may be chosen on; UNSEEN are those that they may not.
"""
import json
import shutil
import subprocess
from dataclasses import dataclass, field

TUNING, UNSEEN, START = "tuning", "unseen", "start"

SQL = """CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
  INSERT INTO item SELECT i, 'name ' || (i * 7919 % 10007), i % 97 / 3.0 FROM n;
CREATE INDEX item_name ON item(name);
SELECT count(*), sum(length(group_concat)) FROM (SELECT group_concat(name || price) AS group_concat FROM item GROUP BY id % 5000);
SELECT count(*) FROM item a JOIN item b USING (name) WHERE a.id < 5000;
"""
PYTHON = """import json
data = [{"id": i, "name": f"name {i * 7919 % 1009}", "tags": [str(j) for j in range(i % 7)]} for i in range(20000)]
for _ in range(8):
    data = json.loads(json.dumps(data))
print(len(data))
"""
GAWK = """BEGIN { for (r = 0; r < 3; r++) { delete a; for (i = 0; i < 300000; i++) a[i * 7919 % 100003] = a[i * 7919 % 100003] "x" i % 10;
  for (k in a) n += length(a[k]) } print n }"""
LUA = """local function tree(d) if d == 0 then return {} end return { tree(d - 1), tree(d - 1) } end
local function count(n) if not n[1] then return 1 end return 1 + count(n[1]) + count(n[2]) end
local total = 0 for i = 1, 24 do total = total + count(tree(15)) end print(total)
"""
CPP = """#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>
int main() { std::map<std::string, std::vector<std::function<int(int)>>> m; m["a"].push_back([](int i) { return i; });
  std::cout << m.size() << std::regex_match("abc", std::regex("[a-c]+")) << '\\n'; }
"""
PERL = """my %h; my $n = 0;
for my $i (1 .. 200000) { my $k = "key " . ($i * 7919 % 10007); push @{$h{$k}}, join("-", map { $_ * $i % 97 } 1 .. 4); }
for my $k (sort keys %h) { for (@{$h{$k}}) { my @p = split /-/; $n += @p; s/(\\d+)-(\\d+)/$2+$1/; $n += length } }
print "$n\\n";
"""
NODE = """let data = Array.from({length: 20000}, (_, i) => ({id: i, name: `name ${i * 7919 % 1009}`, tags: Array.from({length: i % 7}, (_, j) => String(j))}));
for (let i = 0; i < 20; ++i) data = JSON.parse(JSON.stringify(data));
console.log(new Map(data.map(d => [d.name, d])).size, Buffer.from(JSON.stringify(data)).toString("base64").length);
"""
CMAKE = """set(total 0)
foreach(i RANGE 30000)
  math(EXPR k "${i} * 7919 % 1009")
  string(REGEX REPLACE "([0-9])([0-9])" "\\\\2\\\\1" turned "item-${k}-${i}")
  list(APPEND items_${k} "${turned}")
  string(LENGTH "${items_${k}}" length)
  math(EXPR total "${total} + ${length}")
endforeach()
message("${total}")
"""
JQ = ('[.[] | select(.id % 3 == 0) | {name, n: (.tags | length), t: (.tags | join("-"))}] | group_by(.name)'
      " | map({(.[0].name): length}) | add")
CHECKED = """
struct s{i} {{ int a; char *b; struct s{i} *next; }};
static int f{i}(struct s{i} *p, int n) {{
  int sum = 0;
  for (int k = 0; k < n; ++k) {{ if (p && p->a > k) sum += p->a * {i}; else if (n % 3 == 1) sum -= k; while (p && p->next) p = p->next; }}
  switch (sum) {{ case 1: return n; case 2: return sum + 1; default: break; }}
  return sum;
}}
int g{i}(int n) {{ struct s{i} x = {{ n, 0, 0 }}; return f{i}(&x, n + {i}); }}
"""


@dataclass
class Workload:
    name: str
    words: list
    group: str
    environment: dict = field(default_factory=dict)


def write_inputs(folder):
    texts = {"work.sql": SQL, "work.py": PYTHON, "work.awk": GAWK, "work.lua": LUA, "work.cpp": CPP, "work.pl": PERL, "work.js": NODE,
             "work.cmake": CMAKE, "checked.c": "".join(CHECKED.format(i=i) for i in range(300))}
    for name, text in texts.items():
        (folder / name).write_text(text)
    items = [{"id": i, "name": f"name {i * 7919 % 1009}", "tags": [str(j) for j in range(i % 7)], "price": i % 97 / 3} for i in range(60000)]
    (folder / "work.json").write_text(json.dumps(items))
    xml = "".join(f'<item id="{item["id"]}"><name>{item["name"]}</name>{"".join(f"<tag>{tag}</tag>" for tag in item["tags"])}</item>'
                  for item in items * 3)
    (folder / "work.xml").write_text(f"<items>{xml}</items>")
    subprocess.run(["g++", "-std=c++20", "-E", folder / "work.cpp", "-o", folder / "work.ii"], check=True)
    if shutil.which("git"):
        make_repository(folder / "repository")


def make_repository(folder):
    """1500 commits, each of which changes some lines of two of twenty files."""
    lines = [[f"line {i} of file {f}: {i * 7919 % 1009}\n" for i in range(400)] for f in range(20)]
    stream = []
    for commit in range(1500):
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1700000000 + commit * 60} +0000\n" + data_of(f"change {commit}"))
        for file in (commit % 20, (commit * 7 + 3) % 20):
            for k in range(5):
                lines[file][(commit * 131 + k * 37) % 400] = f"line changed in {commit}: {k}\n"
            stream.append(f"M 100644 inline file{file}.txt\n" + data_of("".join(lines[file])))
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input="".join(stream).encode(), check=True)


def data_of(text):
    return f"data {len(text.encode())}\n{text}\n"


def real_programs(folder, build):
    """Those that are installed, with their input written to `folder`."""
    write_inputs(folder)
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], capture_output=True, text=True, check=True).stdout.strip()
    quiet_git = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_PAGER": "cat"}
    found = [
        Workload("factor", [f"{build}/bench/factor", "12076997739428689208210698850774651575651"], TUNING),
        Workload("minimise", [f"{build}/bench/minimise", "16", "200", "8"], TUNING),
        Workload("sqlite3", ["sqlite3", ":memory:", f".read {folder}/work.sql"], TUNING),
        Workload("lua", ["lua5.4", f"{folder}/work.lua"], TUNING),
        Workload("python3", ["/usr/bin/python3", f"{folder}/work.py"], TUNING, {"PYTHONMALLOC": "malloc"}),
        Workload("gawk", ["gawk", "-f", f"{folder}/work.awk"], TUNING),
        Workload("g++ -O1", [compiler, "-quiet", "-std=c++20", "-O1", f"{folder}/work.ii", "-o", "/dev/null"], TUNING),
        Workload("perl", ["perl", f"{folder}/work.pl"], UNSEEN, {"PERL_HASH_SEED": "0"}),
        Workload("jq", ["jq", JQ, f"{folder}/work.json"], UNSEEN),
        Workload("node", ["node", f"{folder}/work.js"], UNSEEN),
        Workload("cmake -P", ["cmake", "-P", f"{folder}/work.cmake"], UNSEEN),
        Workload("xmllint", ["xmllint", "--xpath", "count(//item[tag='3']/name)", f"{folder}/work.xml"], UNSEEN),
        Workload("cppcheck", ["cppcheck", "--quiet", "--enable=style", f"{folder}/checked.c"], UNSEEN),
        Workload("git log -p", ["git", "-C", f"{folder}/repository", "log", "-p", "--stat", "main"], UNSEEN, quiet_git),
        Workload("clang++ -O0", ["clang++", "-std=c++20", "-O0", "-c", f"{folder}/work.cpp", "-o", f"{folder}/work.o"], UNSEEN),
        Workload("start of /bin/true", ["/bin/true"], START),
    ]
    return [workload for workload in found if shutil.which(workload.words[0])]

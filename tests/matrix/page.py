"""docs/robustness.md, made of docs/robustness.json and of the rows' own words."""
from rows import GROUPS

TITLES = {
    "endings": ("Endings", "How a process ends. A full cell has every block that was recorded up to the last instruction."),
    "families": ("Families", "Processes that start processes. A full cell has the blocks of all of them."),
    "faults": ("Faults", "Surroundings that fail, and limits that are reached."),
    "company": ("Company", "Other allocators, preloads, sanitizers and debuggers in the same process."),
    "programs": ("Programs", "Real programs at work. Counted is not blocks but programs: of those that the workload is about, how many left "
                             "a result that can be read."),
}

HEAD = """# Robustness

What becomes of a program, and of the recorded allocations, under weir and under the tools for the same purpose that Debian
has. One row is one program, or one workload of real programs; the link leads to its source, whose head says what is expected.

**Generated** by `scripts/robustness` from [robustness.json](robustness.json); nothing here is written by hand. Every cell was
measured by the same harness on the same machine: {machine}, {date}.

## How to read it

The program is run bare and under the tool. It must *behave* as bare: the same exit status or signal, the same bytes on
standard output, nothing left running. And the tool must have *seen*: the program loses a known number of blocks through known
functions, and the results that it left must show these blocks as live at the end, allocated there. Rivals are asked for
blocks, weir for bytes too, and what a forked child counts again of its parent's blocks is not held against them.

| cell | meaning |
|---|---|
| ✓ | behaves as bare, and every block was seen |
| (✓) | behaves as bare; the row has nothing to count |
| 3 of 8 | behaves as bare, but so many of the lost blocks were seen |
| nothing | behaves as bare; the results show none of the blocks at these functions |
| no result | behaves as bare; no result was left that can be read |
| **bold** | does not behave as bare; behind the semicolon, what was seen nevertheless |
| 2 of 3 runs: … | a cell that is not full is run three times (twice, where it hangs, and in *Programs*) and shows the worst; without this, all went so |

† The program does something that is not sure to go well even without a tool. It is held to the status in its head.

A run *hangs* when it is not over after {patience} s ({slow} s for valgrind), nor after {times} times what the bare run took.
"""

REPRODUCE = """
## Reproduce it

`scripts/robustness` installs the tools, builds, runs everything and writes this page; `--tool NAME` and `--row NAME` run a part
and print it; `--missing` runs and adds what the page lacks. The harness is [tests/matrix](../tests/matrix): a
tool is a file in `tests/matrix/tools/`, a row is a line `// row: GROUP | TEXT` in the head of a test program or `# row: programs | TEXT` in
that of a workload. The test `matrix.weir` runs weir's columns each time, `matrix.self_test` plants tools that fail,
and `matrix.table_is_complete` holds this page against the rows that there are.
"""


def text_of(cell):
    """A cell in words. A cell is an entry of robustness.json."""
    if cell is None or cell["behaves"].startswith("not run"):
        return cell["behaves"] if cell else "not run"
    if cell["behaves"]:
        seen = f"; {cell['sees']}" if cell["seen"] else ""
        text = f"**{cell['behaves']}**{seen}"
    elif cell["wanted"] == 0:
        text = "(✓)"
    else:
        text = "✓" if cell["sees"] == "all" else cell["sees"]
    return f"{cell['worst_of']} runs: {text}" if cell["worst_of"] else text


def is_full(cell):
    return cell is not None and text_of(cell) in ("✓", "(✓)")


def table(rows, tools, cells):
    lines = ["| | " + " | ".join(tools) + " |", "|---|" + "---|" * len(tools)]
    for row in rows:
        link = f"[{row.text}](../{row.place})" + ("" if row.compare else " †")
        lines.append(f"| {link} | " + " | ".join(text_of(cells.get(row.name, {}).get(tool)) for tool in tools) + " |")
    return lines


def summary(rows, tools, cells):
    counted = [row for row in rows if row.wanted]

    def count(chosen, holds):
        return " | ".join(str(sum(bool(holds(cells.get(row.name, {}).get(tool))) for row in chosen)) for tool in tools)

    return ["## In numbers", "", f"| of {len(rows)} rows | " + " | ".join(tools) + " |", "|---|" + "---|" * len(tools),
            f"| full | {count(rows, is_full)} |",
            f"| behaves as bare | {count(rows, lambda cell: cell and not cell['behaves'])} |",
            f"| saw everything, of the {len(counted)} that have something to see | {count(counted, lambda cell: cell and cell['sees'] == 'all')} |",
            f"| saw nothing, of these | {count(counted, lambda cell: cell and cell['seen'] == 0)} |", ""]


def page(results, rows, set_up):
    """The whole text. `set_up` is {tool: sentence}; the columns are the tools of the results."""
    tools, cells = list(results["tools"]), results["cells"]
    lines = HEAD.format(**{name: results[name] for name in ("machine", "date", "patience", "slow", "times")}).splitlines() + [""]
    lines += summary(rows, tools, cells)
    for group in GROUPS:
        chosen = [row for row in rows if row.group == group]
        if chosen:
            title, sentence = TITLES[group]
            lines += [f"## {title}", "", sentence, "", *table(chosen, tools, cells), ""]
    lines += ["## How each tool is set up", "", "| tool | version | |", "|---|---|---|"]
    lines += [f"| {tool} | {results['tools'][tool]} | {set_up.get(tool, '')} |" for tool in tools]
    return "\n".join(lines + REPRODUCE.splitlines()) + "\n"

#!/usr/bin/env python3
"""The robustness matrix: every row's program under every tool, and the page docs/robustness.md.

    run.py --rows rows.json [--tool NAME]... [--row NAME]... [--group GROUP]... [--jobs N]
                                     runs these (default: all) and prints each cell
           --write PAGE              and writes PAGE and the results beside it (.json); a part is added to what is there
           --missing                 runs only the cells that the page's results lack; with --write
           --explain                 prints what the program printed where a cell is not full
           --want-full               exit 1 unless every cell is full
           --check-page PAGE         runs nothing: the page has exactly the rows that there are, and weir's columns are full
           --render PAGE             runs nothing: writes PAGE anew from the results beside it
           --self-test --program P   plants tools that fail and wants each found, and the chosen tools full on P, which is leak_exact
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import re
import signal
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "preload")]
import family  # noqa: E402
import judge  # noqa: E402
import page  # noqa: E402
import rows as rows_module  # noqa: E402
import tools as tools_module  # noqa: E402

OURS = ("weir", "weir sampled")


def machine():
    processor = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    system = re.search(r'^PRETTY_NAME="(.*)"$', pathlib.Path("/etc/os-release").read_text(), re.M)
    return (f"{processor[1] if processor else platform.machine()}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}, "
            f"{system[1] if system else 'unknown system'}, glibc {platform.libc_ver()[1]}")


def run_row(row, chosen):
    """{tool: cell} of one row; a worker process runs one row at a time, for it must tell whose orphans are whose."""
    if missing := row.missing():
        return {tool.name: cell_of(judge.Verdict(f"not run: {' '.join(missing)} is not installed", 0, row.wanted, 0)) for tool in chosen}
    judging = judge.Judge(row)
    try:
        if wrong := judging.know_bare():
            return {tool.name: cell_of(judge.Verdict(wrong, 0, row.wanted, 0)) for tool in chosen}
        return {tool.name: cell_of(judging.cell(tool)) for tool in chosen}
    finally:
        judging.close()


def cell_of(verdict):
    return {"behaves": verdict.behaves, "sees": verdict.sees(), "seen": verdict.seen, "wanted": verdict.wanted,
            "worst_of": verdict.worst_of, "told": verdict.told}


def run_all(jobs, number_of_jobs):
    """Yields (row, {tool: cell}) as rows are done. `jobs` are pairs of a row and its tools."""
    signal.signal(signal.SIGTERM, stop)
    family.reap_orphans()
    with concurrent.futures.ProcessPoolExecutor(number_of_jobs) as pool:
        pending = {pool.submit(run_row, row, chosen): row for row, chosen in jobs}
        for future in concurrent.futures.as_completed(pending):
            yield pending[future], future.result()


def stop(*_):
    family.kill_all()
    os._exit(1)


def results_beside(path):
    beside = path.with_suffix(".json")
    return json.loads(beside.read_text()) if beside.exists() else None


def write(path, results, all_rows, all_tools):
    """The results beside the page, without rows that are no more, and the page."""
    order = {row.name: number for number, row in enumerate(all_rows)}
    names = [tool.name for tool in all_tools if tool.name in results["tools"]]
    results["cells"] = {row: {name: cells[name] for name in names if name in cells}
                        for row, cells in sorted(results["cells"].items(), key=lambda item: order.get(item[0], 0)) if row in order}
    results["tools"] = {name: results["tools"][name] for name in names}
    entries = ",\n".join(f"  {json.dumps(row)}: {{\n" + ",\n".join(f"   {json.dumps(tool)}: {json.dumps(cell, ensure_ascii=False)}"
                         for tool, cell in cells.items()) + "}" for row, cells in results["cells"].items())
    head = json.dumps({name: value for name, value in results.items() if name != "cells"}, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(f"{head[:-2]},\n \"cells\": {{\n{entries}\n }}\n}}\n")
    path.write_text(page.page(results, all_rows, {tool.name: tool.set_up for tool in all_tools}))


def check(path, all_rows, all_tools):
    """Every complaint about the page, as sentences."""
    results = results_beside(path)
    if results is None or not path.exists():
        return [f"{path.name} is missing; scripts/robustness writes it"]
    cells, there = results["cells"], {row.name for row in all_rows}
    complaints = [f"{name}: a row without a program" for name in cells if name not in there]
    for row in all_rows:
        lacking = [tool.name for tool in all_tools if tool.name not in cells.get(row.name, {})]
        if lacking:
            complaints.append(f"{row.name}: not run under {', '.join(lacking)}; scripts/robustness --missing adds it")
        complaints += [f"{row.name}: {name} is not full: {page.text_of(cells[row.name][name])}"
                       for name in OURS if name in cells.get(row.name, {}) and not page.is_full(cells[row.name][name])]
    if path.read_text() != page.page(results, all_rows, {tool.name: tool.set_up for tool in all_tools}):
        complaints.append(f"{path.name} is not what its results and rows make; run.py --render writes it")
    return complaints


def start_results(path, chosen):
    """What is there already, where it can be added to: the same machine and the same versions."""
    now = {"date": datetime.date.today().isoformat(), "machine": machine(), "patience": judge.PATIENCE,
           "slow": judge.PATIENCE * judge.SLOW, "times": judge.TIMES, "tools": {tool.name: tool.version() for tool in chosen}, "cells": {}}
    before = results_beside(path) if path else None
    if before is None:
        return now
    differing = [name for name in now["tools"] if before["tools"].get(name, now["tools"][name]) != now["tools"][name]]
    if before["machine"] != now["machine"] or differing:
        sys.exit("run.py: the page was measured on another machine or with other versions; run everything: scripts/robustness")
    return {**now, "tools": {**before["tools"], **now["tools"]}, "cells": before["cells"]}


def choose(options, all_tools):
    chosen = [tool for tool in all_tools if tool.name in options.tool or not options.tool]
    for tool in [tool for tool in chosen if not tool.installed()]:
        print(f"run.py: leaving out {tool.name}: {tool.package} is not installed", file=sys.stderr)
        chosen.remove(tool)
    return chosen


def run(options, chosen, all_rows, all_tools):
    rows = [row for row in all_rows if (row.name in options.row or not options.row) and (row.group in options.group or not options.group)]
    whole = not (options.tool or options.row or options.group or options.missing)
    results = start_results(None if whole else options.write, chosen)
    have = {row: {tool: cell for tool, cell in cells.items() if not cell["behaves"].startswith("not run")}
            for row, cells in (results["cells"] if options.missing else {}).items()}
    jobs = [(row, [tool for tool in chosen if tool.name not in have.get(row.name, {})]) for row in rows]
    lacking = 0
    for row, cells in run_all([job for job in jobs if job[1]], options.jobs):
        for tool, cell in cells.items():
            told = cell.pop("told")
            if options.explain and not page.is_full(cell):
                print(f"  {row.name} under {tool}: {told}")
        results["cells"].setdefault(row.name, {}).update(cells)
        lacking += sum(not page.is_full(cell) for cell in cells.values())
        print(f"{row.name}: " + ", ".join(f"{tool} {page.text_of(cell)}" for tool, cell in cells.items()), flush=True)
    if options.write:
        write(options.write, results, all_rows, all_tools)
    return 1 if options.want_full and lacking else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", required=True)
    for name in ("tool", "row", "group"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    for name in ("write", "check-page", "render"):
        parser.add_argument(f"--{name}", type=pathlib.Path)
    for name in ("missing", "want-full", "explain", "self-test"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--program")
    options = parser.parse_args()
    weir, library, all_rows = rows_module.read(options.rows)
    all_tools = tools_module.all_tools(weir, library)
    if options.self_test:
        import self_test
        return self_test.main(options.program, choose(options, all_tools))
    if options.check_page:
        complaints = check(options.check_page, all_rows, all_tools)
        print("\n".join(complaints))
        return 1 if complaints else 0
    if options.render:
        write(options.render, results_beside(options.render), all_rows, all_tools)
        return 0
    return run(options, choose(options, all_tools), all_rows, all_tools)


if __name__ == "__main__":
    sys.exit(main())

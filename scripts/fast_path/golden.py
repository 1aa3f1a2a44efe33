"""The golden table: read, written, and compared with what was measured.

A measurement is {(mode, call, row): {column: number}}; a row is a part of the code ("weir") or a kind of lines
("lines written").
"""
from fast_path import counting

HEAD = """\
# What one malloc(64) and one free of it execute in the steady state: a recognised stack of 8 frames.
# scripts/check_fast_path.py measures it from the binary, and rewrites this file with --accept.
#
# Must be exactly so: calls, indirect (jumps and calls), locked, fences, divisions, syscalls; lines written of the
# library's own data, and shared: lines written that another thread doing the same reads or writes.
# Upper bounds, with a slack of 5 % and at least 2: all else. Loads and stores leave out the return addresses.
"""
CODE = (*counting.EXACT, *counting.BOUNDED)
LINES = (*counting.REGIONS, "shared")


COMPILER = "# Compiled by: "


def is_exact(row, column):
    return column in counting.EXACT or (row == "lines written" and column in ("library", "shared"))


def bound(number):
    return number + max(2, number * 5 // 100)


def columns_of(row):
    return LINES if row.startswith("lines") else CODE


def line(words):
    return f"{words[0]:8} {words[1]:7} {words[2]:14}" + "".join(f" {word:>{width(i)}}" for i, word in enumerate(words[3:]))


def width(place):
    return max(len(columns[place]) if place < len(columns) else 0 for columns in (CODE, LINES))


def text_of(measured):
    """The table, without rows of nothing but zeroes (the code elsewhere)."""
    said, last = [], None
    for columns in (CODE, LINES):
        for (mode, call, row), numbers in measured.items():
            if columns_of(row) is not columns or not any(numbers.values()):
                continue
            if columns is not last:
                said += ["", line(["mode", "call", "part" if columns is CODE else "", *columns])]
                last = columns
            said.append(line([mode, call, row.replace(" ", "-"), *(str(numbers[column]) for column in columns)]))
    return "\n".join(said) + "\n"


def compiler_of(text):
    return next((row[len(COMPILER):] for row in text.splitlines() if row.startswith(COMPILER)), "")


def parse(text):
    measured = {}
    for row in text.splitlines():
        words = row.split()
        if not words or row.startswith("#") or words[0] == "mode":
            continue
        name = words[2].replace("-", " ")
        columns = columns_of(name)
        if len(words) != 3 + len(columns):
            raise ValueError(f"fast_path.golden: {len(words)} words in '{row}'")
        measured[words[0], words[1], name] = dict(zip(columns, map(int, words[3:])))
    return measured


def shorter(measured, golden):
    """Which calls execute clearly less than the golden table has."""
    counts = {key: (row["instructions"], golden[key]["instructions"]) for key, row in measured.items()
              if key[2] == "all" and key in golden}
    return [f"{mode} {call} is shorter than the golden table: {now} instructions, not {then}"
            for (mode, call, _), (now, then) in counts.items() if bound(now) < then]


def differences(measured, golden):
    """Lines of complaint, none when the measurement is within the golden table."""
    modes_now, modes_then = ({key[0]: None for key in table} for table in (measured, golden))
    said = [f"mode {mode}: in the golden table, but the library refuses it" for mode in modes_then if mode not in modes_now]
    said += [f"mode {mode}: not in the golden table yet" for mode in modes_now if mode not in modes_then]
    for key in {**golden, **measured}:
        mode, call, row = key
        if mode not in modes_now or mode not in modes_then:
            continue
        columns = columns_of(row)
        now, then = (table.get(key, dict.fromkeys(columns, 0)) for table in (measured, golden))
        wrong = [column for column in columns if
                 (now[column] != then[column] if is_exact(row, column) else now[column] > bound(then[column]))]
        if wrong:
            said += ["", line(["mode", "call", "", *columns])]
            said.append(line([mode, call, row, *(str(then[column]) for column in columns)]) + "  golden")
            said.append(line([mode, call, row, *(str(now[column]) for column in columns)]) + "  now")
            said.append(line(["", "", "", *(f"{now[column] - then[column]:+}" if column in wrong else "" for column in columns)])
                        + "  out of bounds")
            said += [f"{mode} {call}, {row}: {column} {now[column]}, "
                     f"{'exactly' if is_exact(row, column) else 'at most'} "
                     f"{then[column] if is_exact(row, column) else bound(then[column])} allowed" for column in wrong]
    return said

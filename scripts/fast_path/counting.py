"""What a call did: instructions of each kind by whose code they are, cache lines by what they belong to."""
import collections

PARTS = ("weir", "jemalloc", "elsewhere", "all")
EXACT = ("calls", "indirect", "locked", "fences", "divisions", "syscalls")
BOUNDED = ("branches", "taken", "loads", "stores", "tls", "instructions")
REGIONS = ("stack", "thread", "block", "profile", "library", "other")
LINE = 64
STACK_BELOW, STACK_ABOVE = 8192, 2048  # about the stack pointer at the call; the thread's own data lie further up
BLOCK = 128  # the block of 64 bytes with its tag


class Unsteady(Exception):
    """No path is taken by most calls."""


def usual(calls):
    """The first call with the path that most calls took, and how many took it."""
    def path(call):
        return tuple(registers.rip for registers in call[0])
    most, times = collections.Counter(map(path, calls)).most_common(1)[0]
    if times * 2 <= len(calls):
        raise Unsteady(f"of {len(calls)} calls, no more than {times} took the same path")
    return next(call for call in calls if path(call) == most), times


def kinds(instruction, following):
    """The columns that one executed instruction counts in."""
    at_branch = instruction.is_branch
    return {
        "calls": instruction.is_call, "indirect": instruction.is_indirect, "locked": instruction.is_locked,
        "fences": instruction.is_fence, "divisions": instruction.is_division, "syscalls": instruction.is_syscall,
        "branches": at_branch, "taken": at_branch and following.rip != instruction.at + instruction.length,
        "loads": instruction.reads, "stores": instruction.writes, "tls": instruction.is_thread_local,
        "instructions": True}


def count(call, code, places):
    """{part: {column: how often}}"""
    steps, after = call
    table = {part: dict.fromkeys((*EXACT, *BOUNDED), 0) for part in PARTS}
    for registers, following in zip(steps, [*steps[1:], after]):
        for column, counts in kinds(code[registers.rip], following).items():
            table[places.part(registers.rip)][column] += bool(counts)
            table["all"][column] += bool(counts)
    return table


def lines(call, code):
    """(lines read, lines written), as sets of line numbers."""
    read, written = set(), set()
    for registers in call[0]:
        instruction = code[registers.rip]
        if instruction.reads or instruction.writes:
            first, size = instruction.address(registers)
            touched = range(first // LINE, (first + size - 1) // LINE + 1)
            read.update(touched if instruction.reads else ())
            written.update(touched if instruction.writes else ())
    return read, written


def region(line, start, block, places):
    """What a line belongs to, in a call that began with these registers."""
    at = line * LINE
    mapping = places.mapping(at)
    if start.rsp - STACK_BELOW <= at < start.rsp + STACK_ABOVE:
        return "stack"
    if mapping[0] <= start.fs_base < mapping[1]:
        return "thread"
    if block // LINE <= line <= (block + BLOCK - 1) // LINE:
        return "block"
    if mapping[4].endswith("/profile"):
        return "profile"
    return "library" if places.file(at) == places.library else "other"


def count_lines(touched, start, block, places):
    """{region: how many lines}"""
    found = collections.Counter(region(line, start, block, places) for line in touched)
    return {name: found[name] for name in REGIONS}

"""What an instruction does, from its bytes: objdump says what it is, the tables here what it touches."""
import functools
import re
import subprocess
import tempfile

SLOT = 64  # bytes per instruction in the scratch file: room for what follows it to fall into step again
MEMORY = re.compile(r"(?:(?P<size>\w+) PTR )?(?:(?P<segment>[c-gs]s):)?(?:\[(?P<inside>[^]]*)\]|(?P<absolute>0x[0-9a-f]+))")
BYTES = {"BYTE": 1, "WORD": 2, "DWORD": 4, "QWORD": 8, "TBYTE": 10, "XMMWORD": 16, "YMMWORD": 32, "ZMMWORD": 64}
NO_ACCESS = re.compile(r"(lea|nop\w*|prefetch\w*|endbr64|clflush\w*|cldemote)$")
BRANCH = re.compile(r"(j(?!mp)\w+|loop\w*)$")
DIVISION = re.compile(r"v?i?div\w*$")
FENCE = re.compile(r"([mls]fence|cpuid|serialize)$")
SYSCALL = re.compile(r"(syscall|sysenter|int)$")
READS_ONLY = re.compile(r"(cmp|test|bt|v?u?comis[sd]|v?ptest|v?pcmp\w+|push|call|jmp|mul|imul|i?div|fld\w*|fild|ldmxcsr|fldcw)$")
WRITES_ONLY = re.compile(r"(v?mov\w+|v?mov|set\w+|pop|stmxcsr|fst\w*|fist\w*|fnst\w*|v?p?extr\w+)$")
CHANGES = re.compile(r"(add|sub|adc|sbb|and|or|xor|inc|dec|neg|not|shl|shr|sal|sar|rol|ror|shld|shrd|bts|btr|btc|xchg|xadd|cmpxchg\w*)$")
PREFIX = re.compile(r"(lock|rep\w*|bnd|notrack|data16|addr32|cs|ds|es|ss|xacquire|xrelease)$")
STRINGS = {  # (reads, writes)
    "movs": (True, True), "stos": (False, True), "lods": (True, False), "scas": (True, False), "cmps": (True, False),
}


class Instruction:
    """One instruction where it lies; `text` is in Intel's syntax."""

    def __init__(self, at, length, text):
        self.at, self.length, self.text = at, length, text
        words = text.split(None)
        self.prefixes = []
        while words and PREFIX.match(words[0]):
            self.prefixes.append(words.pop(0))
        self.name = words[0] if words else "?"
        self.operands = " ".join(words[1:])
        may_touch = "[" in self.operands or ":0x" in self.operands
        self.memory = MEMORY.search(self.operands) if may_touch else None

    @functools.cached_property
    def access(self):
        """(reads memory, writes memory), the return address of calls and returns left out."""
        if self.name in ("push", "pop", "leave") and self.memory is None:
            return self.name != "push", self.name == "push"
        if self.memory is None or NO_ACCESS.match(self.name):
            return False, False
        if self.name in STRINGS:
            return STRINGS[self.name]
        is_first = self.memory.start() == 0
        if not is_first:
            return True, self.name in ("xchg", "xadd")
        if READS_ONLY.match(self.name):
            return True, False
        if WRITES_ONLY.match(self.name):
            return False, True
        if CHANGES.match(self.name):
            return True, True
        raise ValueError(f"scripts/fast_path/decoding.py does not know what '{self.text}' does to memory")

    @property
    def reads(self):
        return self.access[0]

    @property
    def writes(self):
        return self.access[1]

    @property
    def is_call(self):
        return self.name == "call"

    @property
    def is_branch(self):
        return BRANCH.match(self.name) is not None

    @property
    def target(self):
        """Where a direct call, jump or branch goes; None for all else."""
        is_direct = self.operands.startswith("0x") and (self.is_branch or self.name in ("call", "jmp"))
        return int(self.operands, 16) if is_direct else None

    @property
    def is_indirect(self):
        return self.name in ("call", "jmp") and self.target is None

    @property
    def is_locked(self):
        return "lock" in self.prefixes or (self.name == "xchg" and self.memory is not None)

    @property
    def is_fence(self):
        return FENCE.match(self.name) is not None

    @property
    def is_division(self):
        return DIVISION.match(self.name) is not None

    @property
    def is_syscall(self):
        return SYSCALL.match(self.name) is not None

    @property
    def is_thread_local(self):
        return (self.reads or self.writes) and self.memory is not None and self.memory["segment"] == "fs"

    def address(self, registers):
        """(first byte, bytes) of the memory operand."""
        if self.memory is None:
            return (registers.rsp - 8 if self.name == "push" else registers.rsp), 8
        at = int(self.memory["absolute"], 16) if self.memory["absolute"] else 0
        for sign, term in re.findall(r"([+-]?)([^+-]+)", self.memory["inside"] or ""):
            register, _, scale = term.partition("*")
            if register == "rip":
                value = self.at + self.length
            elif register in ("riz", "eiz"):
                value = 0
            elif register.startswith("0x"):
                value = int(register, 16)
            else:
                value = getattr(registers, register)
            at += (-1 if sign == "-" else 1) * value * int(scale or 1)
        if self.memory["segment"] == "fs":
            at += registers.fs_base
        return at & (1 << 64) - 1, BYTES.get(self.memory["size"], 8)


def decode(code):
    """{address: Instruction} for {address: its bytes and some that follow}."""
    places = sorted(code)
    with tempfile.NamedTemporaryFile() as scratch:
        scratch.write(b"".join(code[at].ljust(SLOT, b"\x90") for at in places))
        scratch.flush()
        listing = subprocess.run(["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "-z",
                                  "--insn-width=16", scratch.name], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in listing.splitlines():
        row = re.match(r"\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*\t(.*)", line)
        if row and int(row[1], 16) % SLOT == 0:
            slot = int(row[1], 16)
            at = places[slot // SLOT]
            text = re.sub(r"\s+", " ", re.sub(r"\s*#.*", "", row[3])).strip()
            text = re.sub(r"^((?:\w+ )*(?:call|j\w+|loop\w*)) 0x([0-9a-f]+)$",
                          lambda m: f"{m[1]} {(int(m[2], 16) - slot + at) & (1 << 64) - 1:#x}", text)
            found[at] = Instruction(at, len(row[2].split()), text)
    missing = [hex(at) for at in places if at not in found]
    if missing:
        raise ValueError(f"objdump did not decode the instructions at {missing}")
    return found

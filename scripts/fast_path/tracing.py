"""Single-steps a program's calls of malloc and free: every instruction with the registers before it.

The program (tests/shape/fast_path.c) comes under its parent by itself, one thread after the other, at an int3. A call
runs from the first instruction outside the program's own text to the first one back in it, whichever libraries it
passes through.
"""
import ctypes
import os
import pathlib
import signal
import subprocess
import tempfile

SINGLESTEP, GETREGS, DETACH, SETOPTIONS = 9, 12, 17, 0x4200
EXITKILL = 0x100000  # the program ends when this one does
ALL_THREADS = 0x40000000  # __WALL
SKIP = 77
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long


class Refused(Exception):
    """This environment does not allow to trace."""


class Registers(ctypes.Structure):
    """struct user_regs_struct of x86-64."""
    _fields_ = [(name, ctypes.c_ulonglong) for name in (
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
        "fs_base gs_base ds es fs gs").split()]


class Run:
    """One program under trace: calls[thread] is a list of ([registers before each instruction], registers after)."""

    def __init__(self, program, preload, environment, pairs):
        self.calls, self.code, self.maps = [], {}, []
        with tempfile.TemporaryDirectory() as folder:
            variables = {**os.environ, "LD_PRELOAD": ":".join(map(str, preload)), "LC_ALL": "C", "WEIR_QUIET": "1",
                         "WEIR_OUT": str(pathlib.Path(folder) / "profile"), **environment}
            child = subprocess.Popen([str(program), str(pairs)], env=variables, stderr=subprocess.PIPE, text=True)
            try:
                self._trace_threads(child.pid, pairs)
            finally:
                child.kill()
                _, self.said = child.communicate()

    def _trace_threads(self, pid, pairs):
        while len(self.calls) != 2:
            thread, status = os.waitpid(-1, ALL_THREADS)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                code = os.waitstatus_to_exitcode(status)
                raise Refused("PTRACE_TRACEME") if code == SKIP else RuntimeError(f"the traced program ended: {code}")
            self._ask(SETOPTIONS, thread, EXITKILL)
            self._read_maps(pid)
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as self._memory:
                self.calls.append(self._trace(thread, 2 * pairs))
            self._ask(DETACH, thread)

    def _trace(self, thread, count):
        calls, steps = [], []
        low, high = self._program
        while len(calls) != count:
            registers = Registers()
            self._ask(GETREGS, thread, ctypes.byref(registers))
            at = registers.rip
            if low <= at < high:
                if steps:
                    calls.append((steps, registers))
                steps = []
            else:
                steps.append(registers)
                if at not in self.code:
                    self.code[at] = os.pread(self._memory.fileno(), 16, at)
            self._ask(SINGLESTEP, thread)
            _, status = os.waitpid(thread, ALL_THREADS)
            if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) != signal.SIGTRAP:
                raise RuntimeError(f"the traced thread did not step: wait status {status:#x}")
        return calls

    def _read_maps(self, pid):
        """Rows of (first address, end, offset in the file, permissions, path)."""
        self.maps = []
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            words = line.split(None, 5)
            low, high = (int(word, 16) for word in words[0].split("-"))
            self.maps.append((low, high, int(words[2], 16), words[1], words[5] if len(words) > 5 else ""))
        program = os.readlink(f"/proc/{pid}/exe")
        self._program = next(row[:2] for row in self.maps if row[4] == program and "x" in row[3])

    @staticmethod
    def _ask(request, thread, data=None):
        if LIBC.ptrace(request, thread, None, data) != 0:
            raise Refused(f"ptrace request {request}: {os.strerror(ctypes.get_errno())}")

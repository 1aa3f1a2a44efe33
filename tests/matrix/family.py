"""Runs a command together with every process that it starts, however these part from it.

This process makes itself the reaper of all orphans among its descendants, so a daemon that has left its session still belongs
to the run that started it. One process must not have two runs at a time.
"""
import ctypes
import os
import pathlib
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 10  # seconds that what the command left behind may go on


class Ended:
    def __init__(self, status, stdout, stderr, hangs):
        self.status, self.stdout, self.stderr, self.hangs = status, stdout, stderr, hangs


def run(words, environment, folder, timeout):
    """Ended: `hangs` says in words what had to be killed, or nothing."""
    reap_orphans()
    process = subprocess.Popen(words, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        # The command may have ended, and something that it started still hold its output.
        over = process.poll() is not None
        kill_all()
        stdout, stderr = process.communicate()
        return Ended(process.returncode, stdout, stderr, "leaves a process behind" if over else "hangs")
    return Ended(process.returncode, stdout, stderr, "" if all_end(PATIENCE) else "leaves a process behind")


def reap_orphans():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(root):
    children = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # Process, (name), state, parent; a name may have any character in it.
            children.setdefault(int(path.read_text(errors="replace").rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
        except (OSError, IndexError):
            pass
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def reap():
    """Takes the status of every child that has ended; False when there are no children any more."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return True
        except ChildProcessError:
            return False


def all_end(seconds):
    end = time.monotonic() + seconds
    while reap():
        if time.monotonic() > end:
            kill_all()
            return False
        time.sleep(0.01)
    return True


def kill_all():
    while True:
        found = descendants(os.getpid())
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
        if not reap():
            return

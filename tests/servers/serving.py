"""What every test of a server shares: start it bare, recorded exactly and by samples, load it, watch it, stop it, compare.

    *_server.py WEIR LIBRARY [--seconds N] [--modes bare,exact,sampled] [--table]

A server is a subclass of Server. The same is done to it in each mode, and must end in the same answers, the same exit status and
the same log; in the recorded modes the profiles of all its processes are read while it works. --seconds is how long the load
lasts in each mode (a few seconds in the suite, minutes to see growth); --table prints what was measured over that time.
"""
import argparse
import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "preload"))
import lab  # noqa: E402
import watching  # noqa: E402

MODES = ("bare", "exact", "sampled")
NOBODY = "nobody"
# A line of a log that no chance explains: one of these only with weir is a failure at once.
TROUBLE = re.compile(r"signal|SIG[A-Z]{3}|crash|core|corrupt|abort|assert|panic|malloc|alloc|memory|free\(|weir", re.IGNORECASE)
LOOKS = 3
PR_SET_CHILD_SUBREAPER = 36


class Server:
    """One server in one mode, in a folder of its own. A subclass says how; `serve` says when."""

    needs = ()             # programs on the PATH, or files by their path
    as_nobody = False      # started with the rights of nobody, where the test has root's
    daemon = False         # goes into the background by itself: its parent ends, and the driver adopts it
    stop_signal = signal.SIGTERM
    tolerated = ()         # regular expressions of log lines that come or stay away by chance
    functions = ()         # regular expressions: modules or functions, one of which a large site of the main process goes through

    def __init__(self, place, folder, mode):
        self.place, self.folder, self.mode = place, folder, mode
        self.port = free_port()
        self.profiles = folder / "profiles"
        self.log = folder / "log"

    # -- what a subclass says
    def prepare(self):
        """Files that the server wants; programs run here are recorded like the server itself."""

    def command(self):
        raise NotImplementedError

    def main_process(self):
        """Of a daemon: its process id."""
        raise NotImplementedError

    def is_ready(self):
        return can_connect(self.port)

    def answers(self):
        """Bytes that a correct server answers, the same in each mode."""
        raise NotImplementedError

    def load(self, seconds):
        """The usual client's load; what it measured, per second."""
        raise NotImplementedError

    def upheaval(self):
        """Reload, forks, killed workers: what the server must survive as it does without weir. More answers."""
        return b""

    # -- what it may use
    def environment(self):
        variables = self.place.environment(self.folder, {"LC_ALL": "C.UTF-8", "HOME": str(self.folder)})
        if self.mode != "bare":
            variables |= {"LD_PRELOAD": self.place.library, "WEIR_OUT": f"{self.profiles}/%e.%p.weir", "WEIR_QUIET": "1"}
        if self.mode == "sampled":
            variables |= {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "64K"}
        return variables

    def rights(self):
        if not self.as_nobody or os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(NOBODY)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def aside(self, *words, **more):
        """A program of the server's side (initdb, a reload), with its rights and recorded as it is."""
        done = subprocess.run([str(word) for word in words], env=self.environment(), cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120, **self.rights(), **more)
        lab.expect(done.returncode == 0, f"{self.mode}: {words[0]} ended with {done.returncode}: {done.stdout[-300:]!r} {done.stderr[-300:]!r}")
        return done.stdout

    def client(self, *words, timeout=200, **more):
        """A client: never recorded. Its output, standard error after standard output."""
        done = subprocess.run([str(word) for word in words], env=self.place.environment(self.folder, {"LC_ALL": "C.UTF-8"}),
                              cwd=self.folder, capture_output=True, timeout=timeout, **({"stdin": subprocess.DEVNULL} | more))
        lab.expect(done.returncode == 0, f"{self.mode}: {words[0]} ended with {done.returncode}: {done.stdout[-300:]!r} {done.stderr[-500:]!r}")
        return done.stdout + done.stderr

    def ask(self, request, end=None):
        """The bytes that come back for these bytes: until the server closes, or until they end so."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(request)
            got = b""
            while not (end and got.endswith(end)):
                piece = connection.recv(1 << 16)
                if not piece:
                    break
                got += piece
            return got

    def signal(self, number):
        self.process.send_signal(number)

    def children(self, title=""):
        """Process ids of the server's processes but the first, whose title has these words."""
        found = watching.family(self.process.pid)
        return [pid for pid in found if pid != self.process.pid and title in watching.title(pid)]

    def wait_for(self, condition, what, seconds=60):
        until = time.monotonic() + seconds
        while not condition():
            lab.expect(self.process.poll() is None, f"{self.mode}: ended with {self.process.poll()} while waiting for {what}: {self.log_tail()}")
            lab.expect(time.monotonic() < until, f"{self.mode}: {what} did not happen in {seconds} s: {self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self):
        return self.log.read_text(errors="replace")[-600:] if self.log.exists() else ""

    def log_lines(self):
        """The log without times and numbers, as a set: several processes write it."""
        lines = {re.sub(r"\d+", "N", line).replace(str(self.folder), "").strip() for line in self.log.read_text(errors="replace").splitlines()}
        return {line for line in lines if line and not any(re.search(one, line) for one in self.tolerated)}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def make_folder(place, mode, server_class):
    folder = place.folder / "server"  # of the same name in each mode, so that no output differs by it
    shutil.rmtree(folder, ignore_errors=True)
    for one in (folder, folder / "tmp", folder / "profiles"):
        one.mkdir()
    server = server_class(place, folder, mode)
    if server.rights():
        for one in (folder, folder / "tmp", folder / "profiles"):
            shutil.chown(one, NOBODY, server.rights()["group"])
    return server


def start(server):
    with open(server.log, "ab") as log:
        server.process = subprocess.Popen([str(word) for word in server.command()], env=server.environment(), cwd=server.folder, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, start_new_session=True, **server.rights())
    if server.daemon:
        status = server.process.wait(timeout=60)
        lab.expect(status == 0, f"{server.mode}: the start ended with {status}: {server.log_tail()}")
        server.process = Adopted(server.main_process())


class Adopted:
    """A process whose parent has ended, as far as it is used of subprocess.Popen."""

    def __init__(self, pid):
        self.pid, self.status = pid, None

    def poll(self):
        if self.status is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if ended else None
        return self.status

    def wait(self, timeout=60):
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.02)
        return self.status

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)


def end(server):
    """Stops it as its administrator would; its exit status, and nothing left behind."""
    pid = server.process.pid
    server.signal(server.stop_signal)
    try:
        status = server.process.wait(timeout=90)
    except subprocess.TimeoutExpired:
        raise lab.Failure(f"{server.mode}: still there 90 s after being told to stop: {server.log_tail()}") from None
    until = time.monotonic() + 20
    while watching.family(pid) and time.monotonic() < until:
        time.sleep(0.02)
    left = [(one, watching.title(one)) for one in watching.family(pid)]
    lab.expect(not left, f"{server.mode}: ended, and left {left}")
    return status


def serve(place, server_class, mode, seconds):
    """Everything that is done to a server in one mode."""
    server = make_folder(place, mode, server_class)
    server.prepare()
    start(server)
    result = {}
    try:
        server.wait_for(server.is_ready, "readiness")
        first = server.answers()
        with watching.Watch(place, server, seconds) as watch:
            result["rate"] = server.load(seconds)
        result["watch"] = watch
        result["upheaval"] = server.upheaval()
        server.wait_for(server.is_ready, "readiness after the upheaval")
        result["answers"] = [first, server.answers()]
        result["status"] = end(server)
    finally:
        for pid in watching.family(server.process.pid):
            os.kill(pid, signal.SIGKILL)
        server.process.wait()
    result["log"] = server.log_lines()
    if mode != "bare":
        watching.read_all(place, server)
    return result


def compare(bare, found, mode):
    for number, (wanted, got) in enumerate(zip(bare["answers"] + [bare["upheaval"]], found["answers"] + [found["upheaval"]])):
        if wanted != got:
            at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
            raise lab.Failure(f"{mode}: answer {number} differs at byte {at}: {wanted[max(0, at - 80):at + 120]!r} without weir, {got[max(0, at - 80):at + 120]!r} with")
    lab.expect(found["status"] == bare["status"], f"{mode}: ended with {found['status']}, without weir {bare['status']}")
    found["watch"].check(bare["watch"])


def only_with(logs, others):
    """The lines that each of these logs has and none of the others."""
    return set.intersection(*logs) - set.union(*others)


def compare_logs(bare, recorded, mode, once_more):
    """The same lines but for what a server says by chance. Which lines those are more runs show: a line is weir's doing when every
    run with weir has it and no run without, or the other way round. `once_more(mode)` serves again; all else is compared as before."""
    bare, recorded = [bare["log"]], [recorded["log"]]
    for look in range(1, LOOKS + 1):
        more, fewer = only_with(recorded, bare), only_with(bare, recorded)
        if not more and not fewer:
            return
        if look == LOOKS or any(TROUBLE.search(line) for line in more):
            raise lab.Failure(f"{mode}: only in the log with weir: {sorted(more)[:5]}; only without: {sorted(fewer)[:5]}; {look} runs of each")
        print(f"{mode}: another log, looking again: with weir {sorted(more)[:5]}, without {sorted(fewer)[:5]}", flush=True)
        another_bare, another = once_more("bare"), once_more(mode)
        compare(another_bare, another, mode)
        bare.append(another_bare["log"])
        recorded.append(another["log"])


def main(server_class):
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("library")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    for need in server_class.needs:
        if not (os.path.exists(need) if "/" in need else shutil.which(need)):
            lab.skip(f"{need} is not installed")
    if server_class.daemon:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends, too
    place = lab.Lab(arguments.weir, arguments.library)
    place.folder.chmod(0o755)
    place.library = shutil.copy(place.library, place.folder)  # where nobody may read it, too
    try:
        results = {}
        for mode in arguments.modes.split(","):
            results[mode] = serve(place, server_class, mode, arguments.seconds)
            if mode != "bare" and "bare" in results:
                compare(results["bare"], results[mode], mode)
                compare_logs(results["bare"], results[mode], mode, lambda again: serve(place, server_class, again, arguments.seconds))
            said = results[mode]["watch"].told() if arguments.table else ""
            print(f"{mode}: {results[mode]['rate']:,.0f} per second; the same answers, log and exit status; {results[mode]['watch'].readings} readings {said}", flush=True)
    except (lab.Failure, subprocess.TimeoutExpired) as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
    finally:
        place.close()

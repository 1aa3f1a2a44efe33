#!/usr/bin/env python3
"""sshd: each connection a child that gives up its rights, changes its root and forbids itself system calls; logins, files, reload by exec."""
# row: programs | sshd, its children without rights and with a system call filter
import getpass
import os
import re
import signal
import time

import serving

CONFIGURATION = """
Port PORT
ListenAddress 127.0.0.1
HostKey FOLDER/host
AuthorizedKeysFile FOLDER/me.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
MaxStartups 100
Subsystem sftp internal-sftp
"""


class Sshd(serving.Server):
    needs = ("/usr/sbin/sshd", "ssh", "sftp", "ssh-keygen")
    functions = (r"sshd",)
    tolerated = (r"Connection (closed|reset)", r"kex_|ssh_dispatch", r"isconnect", r"Accepted publickey", r"port N( on|\.|$)", r"Exiting on signal|on signal")

    def prepare(self):
        for name in ("host", "me", "other"):
            self.client("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.folder / name)
        (self.folder / "configuration").write_text(CONFIGURATION.replace("FOLDER", str(self.folder)).replace("PORT", str(self.port)))
        (self.folder / "data").write_bytes(b"".join(b"%d\n" % i for i in range(100000)))
        if os.geteuid() == 0:
            (self.folder / "profiles").chmod(0o777)
            os.makedirs("/run/sshd", exist_ok=True)

    def command(self):
        return ["/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "configuration"]

    def options(self, key="me"):
        return ["-F", "none", "-i", self.folder / key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
                "-o", "IdentitiesOnly=yes"]

    def login(self, text, *more, key="me", **popen):
        words = ["ssh", *more, *self.options(key), "-p", self.port, f"{getpass.getuser()}@127.0.0.1", text]
        return self.client("/bin/sh", "-c", '"$@"; echo "status $?"', "sh", *words, **popen)

    def answers(self):
        said = self.login("echo hello; exit 3") + self.login("seq 50000 | md5sum; echo to stderr >&2", "-C") + self.login("true", key="other")
        said += self.login("md5sum", input=(self.folder / "data").read_bytes(), stdin=None)
        said += self.login("kill -9 $$", "-c", "aes128-ctr") + self.login("cat", "-o", "RekeyLimit=256K", input=(self.folder / "data").read_bytes(), stdin=None)[-300:]
        (self.folder / "orders").write_text("put data there\nget there back\nmkdir new\nrename there new/there\nls -1 new\nrm new/there\nrmdir new\n")
        said += self.client("sftp", "-q", "-b", self.folder / "orders", *self.options(), "-P", self.port, f"{getpass.getuser()}@127.0.0.1:{self.folder}")
        same = (self.folder / "back").read_bytes() == (self.folder / "data").read_bytes()
        return said.replace(str(self.port).encode(), b"PORT") + (b"same" if same else b"other")

    def load(self, seconds):
        until, count = time.monotonic() + seconds, 0
        while not count or time.monotonic() < until:
            serving.lab.expect(b"199999" in self.login("seq 199999 | tail -1", "-C"), f"{self.mode}: a login failed")
            count += 1
        return count / seconds

    def upheaval(self):
        said = b""
        for _ in range(2):  # it executes itself anew
            before = self.log.read_bytes().count(b"Server listening")
            self.signal(signal.SIGHUP)
            self.wait_for(lambda: self.log.read_bytes().count(b"Server listening") > before, "the new image")
            said += self.login("echo again")
        said += self.ask(b"nonsense\r\n")[-30:]
        return re.sub(rb"OpenSSH\S*", b"", said)


if __name__ == "__main__":
    serving.main(Sshd)

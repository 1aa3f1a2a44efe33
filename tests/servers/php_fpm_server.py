#!/usr/bin/env python3
"""php-fpm: workers that are replaced every fifty requests, a worker killed, a script that uses up its memory, reload by exec over itself."""
# row: programs | php-fpm, workers replaced every fifty requests, reload by exec
import glob
import os
import re
import signal
import socket
import struct
import threading
import time

import serving

PROGRAM = (sorted(glob.glob("/usr/sbin/php-fpm*")) or ["/usr/sbin/php-fpm"])[-1]

CONFIGURATION = """
[global]
error_log = FOLDER/log
daemonize = no
process_control_timeout = 5s
[pool]
USER
listen = 127.0.0.1:PORT
pm = static
pm.max_children = 4
pm.max_requests = 50
clear_env = no
catch_workers_output = no
"""

WORK = """<?php
$n = (int)$_GET["n"]; $items = [];
for ($i = 0; $i < 500 + $n; $i++) $items[] = ["id" => $i, "name" => "name " . ($i * 7919 % 1009), "tags" => array_fill(0, $i % 7, "t")];
$text = json_encode($items); usort($items, fn($a, $b) => [$a["name"], $b["id"]] <=> [$b["name"], $a["id"]]);
echo $n, " ", md5($text), " ", $items[$n % 500]["id"], " ", preg_match_all('/name 1\\d+/', $text), " ", strlen(serialize($items)), "\\n";
"""


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    return struct.pack(">II", len(name) | 1 << 31, len(value) | 1 << 31) + name.encode() + value.encode()


class PhpFpm(serving.Server):
    needs = (PROGRAM,)
    functions = (r"php-fpm",)
    stop_signal = signal.SIGQUIT
    tolerated = (r"seconds from start", r"^\[.*\] NOTICE: \[pool pool\] child N started")

    def prepare(self):
        (self.folder / "work.php").write_text(WORK)
        (self.folder / "large.php").write_text("<?php ini_set('memory_limit', '4M'); $x = []; while (true) $x[] = str_repeat('x', 1000);")
        (self.folder / "slow.php").write_text("<?php usleep(30000000);")
        user = f"user = {serving.NOBODY}\ngroup = nogroup" if os.geteuid() == 0 else ""
        (self.folder / "configuration").write_text(CONFIGURATION.replace("FOLDER", str(self.folder)).replace("PORT", str(self.port)).replace("USER", user))
        if user:
            (self.folder / "profiles").chmod(0o777)

    def command(self):
        return [PROGRAM, "-n", "-R", "-F", "-y", self.folder / "configuration"]

    def request(self, script, query=""):
        """The answer, its head and its body; and what went wrong."""
        variables = {"SCRIPT_FILENAME": str(self.folder / script), "REQUEST_METHOD": "GET", "QUERY_STRING": query, "SCRIPT_NAME": f"/{script}"}
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(record(1, struct.pack(">HBxxxxx", 1, 0)) + record(4, b"".join(pair(*one) for one in variables.items())) + record(4, b"") + record(5, b""))
            stream, said = connection.makefile("rb"), b""
            while len(head := stream.read(8)) == 8:
                _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
                content = stream.read(length + padding)[:length]
                said += content if kind in (6, 7) else b""
            return said

    def broken_off(self):
        try:
            self.request("slow.php")
        except ConnectionError:
            pass

    def answers(self):
        return b"".join(self.request("work.php", f"n={n}") for n in range(0, 300, 17)) + self.request("none.php") + re.sub(rb"tried to allocate \d+", b"", self.request("large.php"))

    def load(self, seconds):
        until, counts = time.monotonic() + seconds, [0] * 4

        def client(number):
            while time.monotonic() < until:
                if b" " not in self.request("work.php", f"n={counts[number] % 300}"):
                    break
                counts[number] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        serving.lab.expect(time.monotonic() >= until and all(counts), f"{self.mode}: a client got a wrong answer")
        return sum(counts) / seconds

    def upheaval(self):
        said = b""
        # A worker killed within a request.
        victim = threading.Thread(target=self.broken_off)
        victim.start()
        time.sleep(0.3)
        before = self.children("pool")
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        victim.join()
        self.wait_for(lambda: len(set(self.children("pool")) - set(before)) == 4, "workers in the place of the killed ones")
        said += self.request("work.php", "n=7")
        for _ in range(2):  # it executes itself anew, keeping its process id and its socket
            before = set(self.children("pool"))
            self.signal(signal.SIGUSR2)
            self.wait_for(lambda: len(self.children("pool")) == 4 and not before & set(self.children("pool")), "workers of the new image")
            said += self.request("work.php", "n=8")
        return said


if __name__ == "__main__":
    serving.main(PhpFpm)

#!/usr/bin/env python3
"""memcached: threads of clients in both protocols, eviction from a small cache, expiry, memcslap where it is installed."""
# row: programs | memcached under four clients
import re
import shutil
import socket
import struct
import threading
import time

import serving

VALUE = b"".join(b"%d," % i for i in range(3000))


def binary(opcode, key=b"", value=b"", extras=b""):
    """One request of the binary protocol."""
    return struct.pack(">BBHBBHIIQ", 0x80, opcode, len(key), len(extras), 0, 0, len(key) + len(value) + len(extras), 7, 0) + extras + key + value


class Memcached(serving.Server):
    needs = ("memcached",)
    functions = (r"memcached",)
    as_nobody = True  # it refuses root

    def command(self):
        return ["memcached", "-l", "127.0.0.1", "-p", self.port, "-m", "64", "-t", "4", "-c", "200", "-v", "-o", "slab_reassign,slab_automove=2,hashpower=14,modern"]

    def answers(self):
        words = ["flush_all"] + [f"set key{i} {i} 0 {i * 30 % 4000}\r\n{'v' * (i * 30 % 4000)}" for i in range(300)]
        words += [f"get key{i} key{i + 1} none" for i in range(0, 290, 17)]
        words += ["add key1 0 0 1\r\nx", "replace key2 0 0 3\r\nnew", "append key2 0 0 2\r\n++", "get key2", "set n 0 0 2\r\n41", "incr n 1", "decr n 100", "incr key3 1",
                  f"set big 0 0 {len(VALUE)}\r\n{VALUE.decode()}", "get big", "touch n 100", "gat 100 n", "delete n", "get n", "mg key2 v f t", "ms meta 3\r\nabc", "mg meta v", "md meta",
                  "set key1 0 0 -1", "nonsense", "get " + "k" * 251, "verbosity 0", "version"]
        said = self.ask("\r\n".join(words).encode() + b"\r\nquit\r\n")
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(b"".join(binary(0x01, b"b%d" % i, VALUE[:i * 50], b"\0" * 8) + binary(0x00, b"b%d" % i) for i in range(60)) + binary(0x07))
            stream = connection.makefile("rb")
            while len(head := stream.read(24)) == 24:
                # The last eight bytes are the mark of a version: it counts all changes ever made, by the load, too.
                said += head[:16] + stream.read(struct.unpack(">I", head[8:12])[0])
        return said

    def hammer(self, seconds, number, counts):
        until, rounds = time.monotonic() + seconds, 0
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            stream = connection.makefile("rb")
            while time.monotonic() < until:
                keys = [f"load{(number * 7919 + rounds * 13 + i * 31) % 90000}" for i in range(60)]
                length = (rounds * 97) % 3000 + 10
                connection.sendall(b"".join(b"set %s 0 0 %d\r\n%s\r\nget %s\r\n" % (key.encode(), length, VALUE[:length], key.encode()) for key in keys))
                ended = 0
                while ended < len(keys):  # a value, or none when it was already evicted
                    line = stream.readline()
                    if line.startswith(b"VALUE"):
                        size = int(line.split()[-1])
                        if stream.read(size + 2)[:-2] != VALUE[:size]:
                            raise serving.lab.Failure(f"a wrong value of {size} bytes")
                    ended += line.startswith(b"END")
                rounds += 1
        counts[number] = rounds * 120

    def load(self, seconds):
        counts = [0] * 4
        began = time.monotonic()
        threads = [threading.Thread(target=self.hammer, args=(seconds, number, counts)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        serving.lab.expect(all(counts), f"{self.mode}: a client failed")
        return sum(counts) / (time.monotonic() - began)

    def upheaval(self):
        if shutil.which("memcslap"):
            self.client("memcslap", f"--servers=127.0.0.1:{self.port}", "--concurrency=8", "--execute-number=1000", "--test=set", "--flush")
        # Two hundred connections that come and go, and some that stay open when it ends.
        self.kept = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(100)]
        for one in self.kept[::2]:
            one.close()
        said = self.ask(b"cache_memlimit 80\r\nslabs automove 1\r\nlru_crawler crawl all\r\nstats settings\r\nquit\r\n")
        return re.sub(rb"(tcpport|oldest) \d+", rb"\1 -", said)


if __name__ == "__main__":
    serving.main(Memcached)

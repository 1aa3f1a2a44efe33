#!/usr/bin/env python3
"""redis-server, linked to libjemalloc: redis-benchmark; every kind of value; saves by forked children; questions to its allocator."""
# row: programs | redis-server under redis-benchmark, saving by fork
import os
import re
import time

import serving

COMMANDS = """
FLUSHALL
SET text hello
APPEND text { world}
STRLEN text
SETRANGE text 6 W
GET text
RPUSH list a b c d e f g
LRANGE list 1 -2
LPOP list 2
SADD set 3 1 2 5 4
SINTERCARD 1 set
SMEMBERS set
HSET hash one 1 two 2 three 3
HINCRBY hash two 40
HGETALL hash
ZADD sorted 3 c 1 a 2 b
ZRANGEBYSCORE sorted 2 +inf WITHSCORES
XADD stream 1-1 field value
XADD stream 1-2 field other
XRANGE stream - +
PFADD log a b c d e f a b
PFCOUNT log
SETBIT bits 1000 1
BITCOUNT bits
EVAL "local t = {} for i = 1, 20000 do t[i] = string.rep('x', i % 50) end redis.call('SET', KEYS[1], table.concat(t)) return #redis.call('GET', KEYS[1])" 1 built
EVAL "error('in the script')" 0
OBJECT ENCODING set
SORT set DESC
MULTI
INCR counter
INCRBY counter 41
EXEC
GEOADD places 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
GEODIST places Palermo Catania km
DUMP list
NOSUCHCOMMAND
LPUSH text x
EXPIRE text 1000
PERSIST text
CONFIG GET maxmemory
DEBUG DIGEST
"""


class Redis(serving.Server):
    needs = ("redis-cli", "redis-benchmark", "redis-check-rdb")
    functions = (r"redis",)
    # How often it saves by itself, and the size of what was copied, are matters of time.
    tolerated = (r"changes in N seconds", r"Fork CoW", r"MB$", r"Ready to accept", r"Diff|diff", r"Reading the remaining")

    def prepare(self):
        # Debian's server is this very program; it looks at its name.
        os.symlink(os.path.realpath("/usr/bin/redis-check-rdb"), self.folder / "redis-server")

    def command(self):
        return [self.folder / "redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder, "--save", "", "--appendonly", "yes",
                # It has no child but those asked for: which moment it chooses itself differs from run to run.
                "--auto-aof-rewrite-percentage", "0",
                "--enable-debug-command", "yes", "--io-threads", "2", "--lazyfree-lazy-user-flush", "yes", "--loglevel", "notice"]

    def cli(self, *words, **more):
        return self.client("redis-cli", "-p", self.port, *words, **more)

    def answers(self):
        return self.cli(input=COMMANDS.strip().encode() + b"\n", stdin=None)

    def load(self, seconds):
        until, rates = time.monotonic() + seconds, []
        while not rates or time.monotonic() < until:
            # About a second: every command, pipelined, many keys.
            said = self.client("redis-benchmark", "-p", self.port, "-n", "4000", "-c", "40", "-P", "4", "-r", "50000", "-d", "200", "--csv",
                               "-t", "set,get,incr,lpush,rpop,sadd,hset,spop,zadd,zpopmin,mset").decode()
            rates += [float(rate) for rate in re.findall(r'^"[^"]+","([\d.]+)"', said, re.M)]
        return sum(rates) / len(rates)

    def saved(self):
        said = self.cli("INFO", "persistence")
        return all(idle + b":0" in said for idle in (b"rdb_bgsave_in_progress", b"aof_rewrite_in_progress", b"aof_rewrite_scheduled"))

    def ask_for_child(self, command):
        """Until it has one for this: another that it chose to have is waited for."""
        for _ in range(100):
            if b"started" in self.cli(command):
                break
            self.wait_for(self.saved, "the end of another child")
        return command.encode() + b" started\n"

    def upheaval(self):
        self.cli("FLUSHALL")
        self.cli("DEBUG", "POPULATE", "200000", "key", "100")
        said = self.ask_for_child("BGSAVE")
        self.cli("DEBUG", "POPULATE", "50000", "other", "60")  # writes while the child reads
        self.wait_for(self.saved, "the end of BGSAVE")
        said += self.ask_for_child("BGREWRITEAOF")
        self.wait_for(self.saved, "the end of BGREWRITEAOF")
        said += self.cli("INFO", "persistence") and b"".join(re.findall(rb"[a-z_]+_status:\w+", self.cli("INFO", "persistence")))
        said += self.cli("DEBUG", "RELOAD") + self.cli("DBSIZE") + self.cli("DEBUG", "DIGEST")
        # A child that is killed: the server says so and goes on.
        self.cli("CONFIG", "SET", "rdb-key-save-delay", "100000")
        self.ask_for_child("BGSAVE")
        self.wait_for(lambda: self.children(), "the child of BGSAVE")
        for child in self.children():
            os.kill(child, 9)
        self.wait_for(self.saved, "the end of the killed child")
        said += b"".join(re.findall(rb"rdb_last_bgsave_status:\w+", self.cli("INFO", "persistence")))
        self.cli("CONFIG", "SET", "rdb-key-save-delay", "0")
        # Questions that it passes on to jemalloc, whose numbers are its own affair: they must be answered.
        for words in ("MEMORY STATS", "MEMORY DOCTOR", "MEMORY MALLOC-STATS", "MEMORY PURGE", "MEMORY USAGE key:7", "INFO memory"):
            answer = self.cli(*words.split())
            said += words.encode() + (b" answered\n" if answer and b"ERR" not in answer else b" " + answer)
        said += self.cli("CONFIG", "SET", "activedefrag", "yes")
        return said + self.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")[:8]


if __name__ == "__main__":
    serving.main(Redis)

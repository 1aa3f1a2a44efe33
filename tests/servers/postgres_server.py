#!/usr/bin/env python3
"""postgres: initdb, pgbench with long and with short connections (a process each), parallel queries, reload, a killed backend, crash recovery."""
# row: programs | postgres under pgbench, a process for each connection, crash recovery
import glob
import os
import re
import signal
import time

import serving

PROGRAMS = (sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2])) or ["/usr/lib/postgresql/bin"])[-1]

QUESTIONS = r"""
\set ON_ERROR_STOP 0
DROP TABLE IF EXISTS item CASCADE;
CREATE TABLE item(id int PRIMARY KEY, name text, price numeric, tags text[], data jsonb);
INSERT INTO item SELECT i, 'name ' || i * 7919 % 1009, i % 97 / 3.0, array_fill('t'::text, ARRAY[i % 5]), jsonb_build_object('i', i, 'w', repeat('x', i % 50)) FROM generate_series(1, 30000) i;
CREATE INDEX ON item(name); CREATE INDEX ON item USING gin(data); ANALYZE item;
SELECT name, count(*), round(sum(price), 3) FROM item GROUP BY name ORDER BY 3 DESC, 1 LIMIT 5;
SET max_parallel_workers_per_gather = 2; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SELECT count(*), sum(length(data ->> 'w')) FROM item WHERE name LIKE '%7%';
SELECT count(*) FROM item a JOIN item b USING (name) WHERE a.id < 500;
SET work_mem = '64kB'; SELECT md5(string_agg(name, ',' ORDER BY name DESC, id)) FROM item;
SELECT count(*) FROM item WHERE data @> '{"i": 77}'; SELECT regexp_count(string_agg(name, ' '), 'name 1\d') FROM item;
WITH RECURSIVE n(i, s) AS (SELECT 1, 'a' UNION ALL SELECT i + 1, s || 'b' FROM n WHERE i < 2000) SELECT max(length(s)) FROM n;
BEGIN; UPDATE item SET price = price * 2 WHERE id % 3 = 0; SAVEPOINT here; DELETE FROM item; ROLLBACK TO here; COMMIT; SELECT round(avg(price), 6), count(*) FROM item;
CREATE OR REPLACE FUNCTION fail(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN RAISE EXCEPTION 'at the bottom'; END IF; RETURN fail(n - 1); END $$;
SELECT fail(50); SELECT 1 / 0; SELECT nonsense;
DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE 'CREATE TEMP TABLE t' || i || '(x int)'; END LOOP; END $$; SELECT count(*) FROM pg_class WHERE relname ~ '^t\d+$' AND relpersistence = 't';
PREPARE ask(int) AS SELECT name FROM item WHERE id = $1; EXECUTE ask(777); VACUUM FULL item;
SELECT length(xmlelement(name a, repeat('x', 1000))::text); SELECT encode(sha256(convert_to(repeat('a', 100000), 'UTF8')), 'hex');
"""


class Postgres(serving.Server):
    needs = (f"{PROGRAMS}/initdb", f"{PROGRAMS}/postgres", f"{PROGRAMS}/pgbench", "psql")
    functions = (r"postgres",)
    as_nobody = True  # it refuses root
    stop_signal = signal.SIGINT  # its fast end: connections are closed
    # Which table its own vacuum works at when another process wants the lock is a matter of time.
    tolerated = (r"^autovacuum worker (ERROR:  canceling autovacuum task|CONTEXT: )", r"checkpoint", r"max_wal_size", r"redo ", r"invalid record length", r"the database system is", r"could not (send|receive)", r"invalid (magic|resource)", r"wrote N|unexpected pageaddr",
                 r"database system was (shut|interrupted)", r"WARNING:  terminating", r"DETAIL:  The postmaster", r"HINT:  In a moment", r"temporary file", r"lock not available", r"due to administrator command", r"untranslated|contrecord")

    def prepare(self):
        self.data = self.folder / "data"
        self.aside(f"{PROGRAMS}/initdb", "-D", self.data, "-U", "postgres", "--no-locale", "-E", "UTF8", "--auth=trust", "-N")
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\nfsync = off\nshared_buffers = 32MB\nmax_connections = 40\n"
                       "wal_level = minimal\nmax_wal_senders = 0\nautovacuum_naptime = 1s\nlog_line_prefix = '%b '\nlog_checkpoints = off\n")

    def command(self):
        return [f"{PROGRAMS}/postgres", "-D", self.data]

    def psql(self, *words, **more):
        return self.client("psql", "-X", "-q", "-A", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", *words, **more)

    def pgbench(self, *words, **more):
        return self.client(f"{PROGRAMS}/pgbench", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", *words, "postgres", **more).decode()

    def is_ready(self):
        return super().is_ready() and os.path.exists(self.data / "postmaster.pid") and "ready" in (self.data / "postmaster.pid").read_text().split()

    def answers(self):
        return self.psql("-d", "postgres", input=QUESTIONS.encode(), stdin=None)

    def load(self, seconds):
        self.pgbench("-i", "-q", "-s", "2")
        share = max(1, round(seconds * 0.7))
        rates = [self.pgbench("-T", share, "-c", "6", "-j", "1", "-M", mode, timeout=share + 60) for mode in ("simple",)]
        self.pgbench("-T", max(1, round(seconds * 0.3)), "-S", "-C", "-c", "4", timeout=seconds + 60)  # each transaction in a connection of its own
        return sum(float(re.search(r"tps = ([\d.]+)", rate)[1]) for rate in rates) / len(rates)

    def upheaval(self):
        said = b""
        for value in ("3MB", "5MB"):
            with open(self.data / "postgresql.auto.conf", "a") as file:
                file.write(f"work_mem = '{value}'\n")
            self.signal(signal.SIGHUP)
            self.wait_for(lambda: value.encode() in self.psql("-c", "SHOW work_mem"), "the reload")
            said += self.psql("-c", "SHOW work_mem")
        # A backend that is killed takes all others along; the first process recovers the database.
        said += self.psql("-c", "CREATE TABLE kept AS SELECT generate_series(1, 1000) i; CHECKPOINT; INSERT INTO kept VALUES (0)")
        backend = int(self.psql("-t", "-c", "SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'"))
        os.kill(backend, signal.SIGKILL)
        self.wait_for(lambda: backend not in self.children() and b"recovery" in self.log.read_bytes(), "the recovery")
        self.wait_for(lambda: b"database system is ready" in self.log.read_bytes().rpartition(b"reinitializing")[2], "readiness")
        time.sleep(0.1)
        return said + self.psql("-c", "SELECT count(*), sum(i) FROM kept")


if __name__ == "__main__":
    serving.main(Postgres)

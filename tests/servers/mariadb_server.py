#!/usr/bin/env python3
"""mariadbd: a database made, a thread for each connection, transactions from six clients, three engines, its main thread told to stop, and a crash recovered."""
# row: programs | mariadbd under six clients, crash recovery
import signal
import threading
import time

import serving

QUESTIONS = r"""
DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
CREATE TABLE item(id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(10, 3), KEY(name)) ENGINE=InnoDB;
INSERT INTO item SELECT seq, CONCAT('name ', seq * 7919 % 1009), seq % 97 / 3 FROM seq_1_to_20000;
SELECT name, COUNT(*), SUM(price) s FROM item GROUP BY name ORDER BY s DESC, name LIMIT 5;
SELECT COUNT(*) FROM item a JOIN item b USING (name) WHERE a.id < 500;
CREATE TABLE side ENGINE=Aria SELECT * FROM item WHERE id % 3 = 0; ALTER TABLE side ADD FULLTEXT(name); SELECT COUNT(*) FROM side WHERE MATCH(name) AGAINST('name');
CREATE TEMPORARY TABLE kept ENGINE=MEMORY SELECT id, name FROM item; SELECT COUNT(DISTINCT name) FROM kept;
SET group_concat_max_len = 1000000; SELECT MD5(GROUP_CONCAT(name ORDER BY name, id)) FROM item; SELECT COUNT(*) FROM item WHERE name REGEXP '^name 1[0-9]+$';
WITH RECURSIVE n AS (SELECT 1 i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT SUM(i) FROM n;
START TRANSACTION; UPDATE item SET price = price * 2 WHERE id % 3 = 0; SAVEPOINT here; DELETE FROM item; ROLLBACK TO here; COMMIT; SELECT AVG(price), COUNT(*) FROM item;
SELECT JSON_EXTRACT(JSON_OBJECT('a', JSON_ARRAY(1, 2, 3)), '$.a[1]'), LENGTH(UNCOMPRESS(COMPRESS(REPEAT('x', 100000)))), SHA2(REPEAT('a', 10000), 256);
OPTIMIZE TABLE item; CHECK TABLE side; SELECT nonsense; SELECT 1 / 0;
"""

WORK = "USE shop; " + " ".join(f"SELECT COUNT(*), SUM(price) FROM item WHERE name = 'name {i * 31 % 1009}'; UPDATE item SET price = price + 1 WHERE id = {i * 97};" for i in range(1, 150))


class Mariadb(serving.Server):
    needs = ("/usr/sbin/mariadbd", "mariadb-install-db", "mariadb")
    functions = (r"mariadbd",)
    as_nobody = True  # it refuses root
    tolerated = (r"InnoDB:.*", r"Aborted connection", r"recover", r"Recover", r"aria", r"Access denied", r"Crash table recovery", r"^$")

    def prepare(self):
        self.data = self.folder / "data"
        self.aside("/usr/bin/mariadb-install-db", "--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-log-bin",
                   "--innodb-log-file-size=4M", "--innodb-data-file-path=ibdata1:4M:autoextend")

    def command(self):
        return ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.data}", f"--socket={self.folder}/socket", f"--port={self.port}", "--bind-address=127.0.0.1",
                f"--pid-file={self.folder}/pid", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0", "--lc-messages-dir=/usr/share/mysql"]

    def sql(self, text):
        return self.client("mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", self.port, "-u", "root", "--force", "--skip-ssl", input=text.encode(), stdin=None)

    def is_ready(self):
        return super().is_ready() and b"ready for connections" in self.log.read_bytes()

    def answers(self):
        return self.client("/bin/sh", "-c", f"mariadb --no-defaults -h 127.0.0.1 -P {self.port} -u root --force 2>&1 || true", input=QUESTIONS.encode(), stdin=None)

    def load(self, seconds):
        until, counts = time.monotonic() + seconds, [0] * 6

        def one(number):
            while time.monotonic() < until:
                self.sql(WORK)
                counts[number] += 298

        threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        serving.lab.expect(all(counts), f"{self.mode}: a client failed")
        return sum(counts) / seconds

    def upheaval(self):
        said = self.sql("CREATE TABLE shop.last(i INT) ENGINE=InnoDB; INSERT INTO shop.last SELECT seq FROM seq_1_to_1000; SET GLOBAL innodb_buffer_pool_size = 33554432;")
        self.sql("FLUSH TABLES; FLUSH LOGS; FLUSH STATUS;")
        self.signal(signal.SIGHUP)
        self.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1; INSERT INTO shop.last VALUES (0);")
        self.process.kill()
        serving.lab.expect(self.process.wait(60) == -9, f"{self.mode}: killed, it ended with {self.process.returncode}")
        self.log.write_bytes(b"")
        serving.start(self)  # it recovers
        self.wait_for(self.is_ready, "readiness after the crash")
        return said + self.sql("SELECT COUNT(*), SUM(i) FROM shop.last")


if __name__ == "__main__":
    serving.main(Mariadb)

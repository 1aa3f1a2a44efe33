# A database in a file and one in memory: inserts, an index, joins, aggregates, recursion, json, an error.
# row: programs | sqlite3
# needs: sqlite3
# profiled: sqlite3
cat > work.sql <<'END'
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO item SELECT i, 'name ' || (i * 7919 % 1009), i % 97 / 3.0 FROM n;
CREATE INDEX item_name ON item(name);
SELECT name, count(*), round(sum(price), 3) FROM item GROUP BY name ORDER BY 3 DESC, 1 LIMIT 10;
SELECT count(*) FROM item a JOIN item b USING (name) WHERE a.id < 500;
SELECT json_group_array(name) FROM (SELECT DISTINCT name FROM item ORDER BY name LIMIT 8);
UPDATE item SET price = price * 2 WHERE id % 3 = 0; DELETE FROM item WHERE id % 5 = 0;
SELECT count(*), round(avg(price), 6) FROM item; VACUUM; PRAGMA integrity_check;
SELECT nonsense FROM item;
END
sqlite3 :memory: < work.sql; echo "status $?"
sqlite3 file.db < work.sql; echo "status $?"
sqlite3 file.db .dump | sha256sum

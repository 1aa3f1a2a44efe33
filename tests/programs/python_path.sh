# The python3 of the PATH: json, regular expressions, threads, a subprocess, sqlite and zlib modules.
# row: programs | python3 of the PATH
# needs: python3
export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
cat > work.py <<'END'
import hashlib, json, re, subprocess, sys, threading, zlib
data = [{"id": i, "name": f"name {i * 7919 % 1009}", "tags": [str(j) for j in range(i % 7)]} for i in range(5000)]
text = json.dumps(data)
assert json.loads(text) == data
print(hashlib.sha256(text.encode()).hexdigest(), len(re.findall(r"name 1\d+", text)), len(zlib.compress(text.encode())))
totals = [0] * 4
def body(k):
    totals[k] = sum(len(str(i)) for i in range(k * 10000, k * 10000 + 10000))
threads = [threading.Thread(target=body, args=(k,)) for k in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(totals, subprocess.run(["tr", "a-z", "A-Z"], input=b"through a child", capture_output=True).stdout)
print("to stderr", file=sys.stderr)
try:
    bytearray(1 << 62)
except MemoryError:
    print("no memory, as it should be")
END
python3 work.py

# numpy of Debian's python3: arrays, products by BLAS threads, a sort, a solver, text, and an array that is too large.
# row: programs | python3 with numpy
# tier: heavy
# needs: /usr/bin/python3 /usr/lib/python3/dist-packages/numpy/__init__.py
# profiled: python3
export PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=2
cat > work.py <<'END'
import hashlib, threading
import numpy as np
a = (np.arange(250000, dtype=np.int64).reshape(500, 500) * 7919 % 1009).astype(np.float64)
print(np.dot(a, a.T).sum(), np.sort(a.ravel())[1000::50000], np.unique(a).size)
x = np.linalg.solve(np.eye(300) * 1000 + a[:300, :300] % 7, np.ones(300)); print(round(float(x.sum()), 9))
print(hashlib.sha256(np.cumsum(a, axis=0).tobytes()).hexdigest())
out = [0] * 4
def body(k): out[k] = int(sum(np.arange(n).sum() for n in range(k, 4000, 4)))
threads = [threading.Thread(target=body, args=(k,)) for k in range(4)]; [t.start() for t in threads]; [t.join() for t in threads]; print(out)
np.save("a.npy", a); print(np.array_equal(np.load("a.npy", mmap_mode="r"), a), np.char.add(np.array(["a", "b"] * 500), "c")[:2])
try: np.empty(1 << 60, dtype=np.int8)
except MemoryError: print("no memory, as it should be")
END
/usr/bin/python3 work.py

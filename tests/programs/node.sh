# Objects, JSON, regular expressions, a worker thread, zlib and crypto, a promise, and an exit status.
# row: programs | node
# needs: node
# profiled: node
cat > work.js <<'END'
const crypto = require("crypto"), zlib = require("zlib"), { Worker, isMainThread, parentPort } = require("worker_threads");
if (!isMainThread) { parentPort.postMessage([...Array(1000).keys()].reduce((a, b) => a + b)); }
else {
  const data = Array.from({ length: 5000 }, (_, i) => ({ id: i, name: `name ${(i * 7919) % 1009}`, tags: Array(i % 7).fill("t") }));
  const text = JSON.stringify(data);
  console.log(crypto.createHash("sha256").update(text).digest("hex"), (text.match(/name 1\d+/g) || []).length);
  console.log(zlib.gunzipSync(zlib.gzipSync(text)).toString() === text);
  const buffers = Array.from({ length: 200 }, (_, i) => Buffer.alloc(10000, i)); console.log(Buffer.concat(buffers).length);
  console.error("to stderr");
  new Worker(__filename).on("message", sum => console.log("worker", sum)).on("exit", () => { process.exitCode = 0; });
}
END
node work.js
node -e 'process.exit(9)'; echo "status $?"

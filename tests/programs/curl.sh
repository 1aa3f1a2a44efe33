# Files and a local server fetched by one and by parallel transfers, ranges, headers, forms, and what cannot be had.
# row: programs | curl against a local server
# needs: curl /usr/bin/python3
# profiled: curl
mkdir -p site && for i in $(seq 30); do seq "$i" 3000 > "site/$i.txt"; done
cat > server.py <<'END'
import http.server
class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass
    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])); self.send_response(201); self.end_headers(); self.wfile.write(text[::-1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Handler(*a, directory="site"))
with open("port.new", "w") as file: file.write(str(server.server_port))
import os; os.rename("port.new", "port"); server.serve_forever()
END
/usr/bin/python3 server.py & server=$!
trap 'kill $server; wait $server 2> /dev/null' EXIT
for _ in $(seq 600); do [[ -e port ]] && break; sleep 0.05; done
at=http://127.0.0.1:$(cat port)
curl -sS "$at/[1-30].txt" | sha256sum
curl -sS -Z --parallel-max 6 "$at/[1-30].txt" -o 'got_#1' 2> /dev/null && cat got_{1..30} | sha256sum
curl -sS -I "$at/7.txt" | grep -i content-length
curl -sS -d 'name=text&other=1' -w '\n%{http_code} %{size_download}\n' "$at/form"
curl -sS -f "$at/none"; echo "status $?"
curl -sS "file://$PWD/site/3.txt" -r 0-20 && curl -sS --connect-timeout 5 http://127.0.0.1:1/ 2> /dev/null; echo "status $?"
curl -sS no-such-scheme://x; echo "status $?"

#!/usr/bin/env python3
"""nginx: wrk on files, compressed answers and a proxy to itself; reload, logs reopened, a killed worker, the program replaced while it serves."""
# row: programs | nginx under wrk, reload, a killed worker, replaced while it serves
import os
import re
import signal
import time

import serving

CONFIGURATION = """
USER
worker_processes 3;
worker_shutdown_timeout 5s;
pid FOLDER/pid;
error_log FOLDER/log notice;
env LD_PRELOAD; env WEIR_OUT; env WEIR_QUIET; env WEIR_RECORD; env WEIR_SAMPLE_EVERY;
events { worker_connections 512; }
http {
  access_log FOLDER/access combined buffer=32k;
  client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/f; uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s;
  types { text/plain txt; }
  default_type application/octet-stream;
  gzip on; gzip_min_length 100; gzip_types text/plain;
  proxy_cache_path FOLDER/cache keys_zone=kept:1m max_size=4m;
  limit_req_zone $binary_remote_addr zone=few:64k rate=1r/m;
  server {
    listen 127.0.0.1:PORT;
    root FOLDER/site;
    location / { }
    location /proxy/ { proxy_pass http://127.0.0.1:PORT/; proxy_set_header Accept-Encoding ""; }
    location /kept/ { proxy_pass http://127.0.0.1:PORT/; proxy_cache kept; proxy_cache_valid 1m; }
    location /few/ { limit_req zone=few; return 200 "one\\n"; }
    location ~ ^/say/(.*)$ { return 200 "$1 $args\\n"; }
  }
}
"""


def dateless(answer):
    return re.sub(rb"Date: [^\r]*", b"Date: -", answer)


class Nginx(serving.Server):
    needs = ("/usr/sbin/nginx", "wrk")
    functions = (r"nginx",)
    stop_signal = signal.SIGQUIT
    daemon = True  # as it is mostly run; and only so does it let itself be replaced
    tolerated = (r"signal N \(SIGCHLD\)", r"SIGIO", r"open socket", r"cache (manager|loader)", r"using inherited sockets", r"^$")

    def prepare(self):
        site = self.folder / "site"
        site.mkdir()
        for number in range(40):
            file = site / f"{number}.txt"
            file.write_text("".join(f"line {i} of {number}\n" for i in range(number * 40)))
            os.utime(file, (10 ** 9, 10 ** 9))
        user = f"user {serving.NOBODY} nogroup;" if os.geteuid() == 0 else ""
        text = CONFIGURATION.replace("FOLDER", str(self.folder)).replace("PORT", str(self.port)).replace("USER", user)
        (self.folder / "configuration").write_text(text)
        if user:  # its workers write here
            (self.folder / "profiles").chmod(0o777)

    def main_process(self):
        return int((self.folder / "pid").read_text())

    def command(self):
        return ["/usr/sbin/nginx", "-c", self.folder / "configuration"]

    def get(self, path, *headers):
        request = "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers]) + "\r\n\r\n"
        return dateless(self.ask(request.encode()))

    def answers(self):
        got = [self.get(f"/{way}{number}.txt", *more) for way in ("", "proxy/", "kept/") for number in (0, 1, 7, 39)
               for more in ((), ("Accept-Encoding: gzip",), ("Range: bytes=5-400",), ("If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT",))]
        got += [self.get("/none.txt"), self.get("/say/this?a=b"), dateless(self.ask(b"nonsense\r\n\r\n")), self.get("/" + "x" * 9000)]
        return b"".join(got)

    def load(self, seconds):
        rates = []
        share = max(1, round(seconds / 3))
        for path in ("39.txt", "proxy/7.txt", "kept/20.txt"):
            said = self.client("wrk", "-t", "1", "-c", "30", "-d", f"{share}s", "-H", "Accept-Encoding: gzip", f"http://127.0.0.1:{self.port}/{path}", timeout=share + 60).decode()
            rates.append(float(re.search(r"Requests/sec: +([\d.]+)", said)[1]))
        return sum(rates) / len(rates)

    def workers(self):
        return [pid for pid in self.children("worker process") if "shutting" not in serving.watching.title(pid)]

    def upheaval(self):
        said = b""
        for _ in range(3):  # reload: new workers, the old ones end when they have nothing left to do
            before = set(self.workers())
            self.signal(signal.SIGHUP)
            self.wait_for(lambda: len(self.workers()) == 3 and not before & set(self.workers()), "new workers")
            said += self.get("/say/reloaded")
        self.signal(signal.SIGUSR1)
        killed = self.workers()[0]
        os.kill(killed, signal.SIGKILL)
        self.wait_for(lambda: killed not in self.workers() and len(self.workers()) == 3, "a worker in the killed one's place")
        said += self.get("/few/") + self.get("/few/")
        # The program replaced while it serves: a second main process takes the sockets, then the first one is told to go on alone.
        self.signal(signal.SIGUSR2)
        self.wait_for(lambda: (self.folder / "pid.oldbin").exists() and (self.folder / "pid").exists() and len(self.workers()) == 6, "the second main process")
        second = int((self.folder / "pid").read_text())
        said += b"".join(self.get("/say/two") for _ in range(10))
        if self.mode != "bare":
            serving.lab.expect(list(self.profiles.glob(f"*.{second}.weir*")), f"{self.mode}: the second main process has no profile")
        os.kill(second, signal.SIGQUIT)
        self.wait_for(lambda: not (self.folder / "pid.oldbin").exists() and len(self.workers()) == 3, "the end of the second main process")
        time.sleep(0.1)
        return said


if __name__ == "__main__":
    serving.main(Nginx)

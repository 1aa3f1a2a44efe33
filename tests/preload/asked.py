"""A server that answers each byte with a byte, and what weir says of it meanwhile."""
import subprocess

import lab


def serve(process, requests):
    for _ in range(requests):
        process.stdin.write(b"x")
        process.stdin.flush()
        lab.expect(process.stdout.read(1) == b"x", "the server ended")


def weir(laboratory, *words):
    done = subprocess.run([laboratory.weir, *map(str, words)], capture_output=True, text=True, timeout=120)
    lab.expect(done.returncode == 0 and done.stderr == "", f"weir {words[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout

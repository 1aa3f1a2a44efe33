#!/usr/bin/env python3
"""A copy of a profile is never taken for the process's own: while it runs, when it has exited, and when it was killed."""
import os
import shutil

import lab


def body(laboratory, programs):
    process, folder = laboratory.start("preload", [programs / "churn_forever.O1", "forever"])
    try:
        os.read(process.stdout.fileno(), 6)
        (own,) = folder.rglob("*.weir")
        copy = own.with_name("copy.weir")
        shutil.copy(own, copy)

        def end(file):
            return laboratory.report(file)["process"]["end"]

        lab.expect(end(own) == "running", f"its own, while it runs: {end(own)}")
        lab.expect(end(copy) == "unknown", f"the copy, while it runs: {end(copy)}")
    finally:
        process.kill()
        process.communicate()
    lab.expect(end(own) == "killed", f"its own, killed: {end(own)}")
    lab.expect(end(copy) == "unknown", f"the copy, when it was killed: {end(copy)}")
    own.rename(own.with_name("moved.weir"))
    moved = own.with_name("moved.weir")
    lab.expect(end(moved) == "killed", f"its own under another name: {end(moved)}")


lab.scenario(body)

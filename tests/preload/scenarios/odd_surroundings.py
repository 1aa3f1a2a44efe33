#!/usr/bin/env python3
"""Variables as no one should set them: 32 KiB of libraries to preload of which none is there, a TMPDIR that is no directory when the
profile's own place does not work either."""
import os

import lab


def body(laboratory, programs):
    program = programs / "leak_exact.O2"
    bare = laboratory.run("bare", [program])
    names = " ".join(f"/nowhere/libnothing{i:04}.so" for i in range(1300))
    lab.expect(len(names) > 32 << 10, "the list is shorter than meant")
    outcome = laboratory.run("preload", ["env", f"LD_PRELOAD={names} {laboratory.library}", str(program)])
    found = [profile for profile in outcome.profiles if profile.process["exe"].endswith("leak_exact.O2")]
    lab.expect((outcome.status, outcome.stdout) == (bare.status, bare.stdout), f"long list: ended with {outcome.status}")
    lab.expect(len(found) == 1 and found[0].leaks("lose_small") == (6400, 100), "long list: not recorded")

    for nonsense in ("", "relative/path", "/dev/null", "/no/such/place", "/" + "x" * 5000, "\n"):
        outcome = laboratory.run("preload", [program], {"WEIR_OUT": "/proc/none/weir-test-%p.weir", "TMPDIR": nonsense}, read=False)
        lab.expect((outcome.status, outcome.stdout) == (bare.status, bare.stdout), f"TMPDIR={nonsense[:20]!r}: ended with {outcome.status}")
        lines = [line for line in outcome.stderr.decode().splitlines() if "cannot write the profile" in line]
        lab.expect(len(lines) == 1, f"TMPDIR={nonsense[:20]!r}: said {outcome.stderr.decode()!r}")
        place = lines[0].rpartition(" goes to ")[2]
        lab.expect(place.startswith("/tmp/weir-test-"), f"TMPDIR={nonsense[:20]!r}: {lines[0]}")
        os.remove(place)


lab.scenario(body)

"""Address space so scarce that tables or the range of recorded blocks cannot be had, or not much of it: one line says that nothing is
recorded, or the profile says what was lost; the program runs all the same."""
import lab

LINE = "weir: no memory for its tables; this process is not recorded"


def body(laboratory, programs):
    program = programs / "sampled_realloc.O2"
    said = recorded = 0
    for kilobytes in range(30_000, 120_000, 3_000):
        outcome = laboratory.run("preload", [program], {"WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "1K"},
                                 before=f"ulimit -v {kilobytes}")
        lab.expect(outcome.status == 0, f"with {kilobytes} KiB it ends with {outcome.status}: {outcome.stderr!r}")
        lines = outcome.stderr.decode().splitlines()
        record = outcome.parent.coverage("record")
        lab.expect((LINE in lines) == (record == "off"), f"with {kilobytes} KiB the profile says {record}, weir said {lines}")
        said += record == "off"
        recorded += record == "sampled"
    lab.expect(said > 0 and recorded > 0, f"the limits do not meet the case: {said} without a range, {recorded} with one")


lab.scenario(body)

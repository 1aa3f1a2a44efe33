#!/usr/bin/env python3
"""Buffers of devices that only Python holds, by ctypes: as an int, in an object of ctypes, in a bytearray. What it lets go of
is lost.

    python_holds.py WEIR LIBRARY FOLDER_OF_THE_DRIVER       the test
    python_holds.py allocate                                the program
"""
import ctypes
import os
import sys


def allocate(size):
    block = ctypes.c_uint64()
    assert ctypes.CDLL("libcuda.so.1").cuMemAlloc_v2(ctypes.byref(block), ctypes.c_size_t(size)) == 0
    return block


def program():
    cuda, context = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p()
    assert cuda.cuInit(0) == 0
    assert cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0) == 0
    assert cuda.cuCtxSetCurrent(context) == 0
    global kept_int, kept_object, kept_bytes
    kept_int = allocate(1 << 10).value
    kept_object = allocate(1 << 11)
    kept_bytes = bytearray(bytes(allocate(1 << 12)))
    for _ in range(4):
        allocate(1 << 13)
    os._exit(0)  # Python's own end would let go of everything


def body(laboratory, driver):
    # Python's own allocator keeps what it freed as it was, in memory that is looked at.
    outcome = laboratory.run("preload", [sys.executable, __file__, "allocate"],
                             {"LD_LIBRARY_PATH": str(driver), "PYTHONMALLOC": "malloc"})
    lab.expect(outcome.status == 0, outcome.stderr.decode())
    leaks = outcome.parent.report["leaks"]["sites"]
    found = {kind: (sum(site["bytes"] for site in leaks if site["space"] == "device" and site["verdict"] == kind))
             for kind in ("lost", "reachable", "unknown")}
    lab.expect(found == {"lost": 4 << 13, "reachable": 7 << 10, "unknown": 0}, f"bytes of the device: {found}")


if sys.argv[1:] == ["allocate"]:
    program()
else:
    import lab
    lab.scenario(body)

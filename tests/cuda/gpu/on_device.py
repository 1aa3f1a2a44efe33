#!/usr/bin/env python3
"""Runs a command where NVIDIA's driver says that there is a device; elsewhere ends with 77, which ctest counts as skipped.

    on_device.py COMMAND [ARG...]
"""
import ctypes
import os
import sys


def why_not():
    """Why nothing can run on a device here; empty: it can."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "no driver library (libcuda.so.1) on this machine"
    if hasattr(driver, "simcuda_version") or hasattr(driver, "simcuda_pending_refs"):
        return "the driver is the simulated one"
    devices = ctypes.c_int(0)
    result = driver.cuInit(0)
    if result != 0:
        return f"cuInit says {result}"
    driver.cuDeviceGetCount(ctypes.byref(devices))
    return "" if devices.value > 0 else "the driver has no device"


if reason := why_not():
    print(f"skipped: {reason}")
    sys.exit(77)
os.execvp(sys.argv[1], sys.argv[1:])

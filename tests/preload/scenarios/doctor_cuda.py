#!/usr/bin/env python3
"""`weir doctor` about programs built with the CUDA toolkit: the runtime in them, stripped or not, and beside them."""
import os
import pathlib
import subprocess

import lab
from doctor_lab import Doctor

SOURCE = """#include <cuda_runtime_api.h>
int main(void) { void* block = 0; return cudaMalloc(&block, 1000) != cudaSuccess; }
"""


def toolkit():
    for place in (os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda", "/opt/cuda"):
        if place and (pathlib.Path(place) / "lib64/libcudart_static.a").exists():
            return pathlib.Path(place)
    lab.skip("no CUDA toolkit")


def body(laboratory, programs):
    doctor, cuda = Doctor(laboratory), toolkit()
    flags = [f"-I{cuda}/include", f"-L{cuda}/lib64"]
    inside = doctor.build("inside", *flags, "-lcudart_static", "-ldl", "-lrt", "-lpthread", source=SOURCE)
    lab.expect(inside is not None, "the static runtime does not link")
    stripped = doctor.folder / "stripped"
    subprocess.run(["strip", str(inside), "-o", str(stripped)], check=True)
    for program in (inside, stripped):
        doctor.finds(doctor.ask(program), "cuda", "info", "linked into it")
    beside = doctor.build("beside", *flags, "-lcudart", f"-Wl,-rpath,{cuda}/lib64", source=SOURCE)
    said = doctor.ask(beside)
    doctor.finds(said, "cuda", "info", "through libcudart.so.")
    lab.expect("linked into" not in said["findings"][0]["text"], f"no runtime is in it: {said}")
    doctor.lacks(doctor.ask(laboratory.weir), "cuda")  # it only speaks of CUDA


lab.scenario(body)

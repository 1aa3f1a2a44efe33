#!/usr/bin/env python3
"""Whose name a profile may take: no foreign file is overwritten or removed, whatever it is; two programs that are started at once
with one name both have theirs; %r, %h and %p keep ranks apart."""
import os
import socket
import stat
import subprocess

import lab


def foreign_files(laboratory, program):
    """What is there stays as it is; the profile takes a name beside it."""
    folder = laboratory.fresh_folder()
    things = {"text": b"mine\n", "empty": b"", "old": b"WEIRPROF" + bytes(4000)}
    for name, content in things.items():
        (folder / f"{name}.weir").write_bytes(content)
    (folder / "folder.weir").mkdir()
    (folder / "target").write_bytes(b"mine\n")
    (folder / "link.weir").symlink_to("target")
    (folder / "dangling.weir").symlink_to("nothing")
    os.mkfifo(folder / "pipe.weir")
    before = {file.name: (os.lstat(file).st_ino, stat.S_IFMT(os.lstat(file).st_mode)) for file in folder.iterdir() if file.name != "tmp"}
    for name in [*things, "folder", "link", "dangling", "pipe"]:
        command = ["env", f"LD_PRELOAD={laboratory.library}", f"WEIR_OUT={folder}/{name}.weir", str(program)]
        done = subprocess.run(command, capture_output=True, timeout=60, env=laboratory.environment(folder, {}), cwd=folder)
        lab.expect(done.returncode == 3, f"{name}: the program ended with {done.returncode}")
        beside = [file for file in folder.glob(f"{name}.*.weir")]
        lab.expect(len(beside) == 1, f"{name}: the profiles beside it are {beside}")
        laboratory.profile(beside[0]).check_sums()
        lab.expect(beside[0].name in done.stderr.decode(), f"{name}: what was said does not name {beside[0].name}: {done.stderr!r}")
    for name, facts in before.items():
        now = os.lstat(folder / name)
        lab.expect((now.st_ino, stat.S_IFMT(now.st_mode)) == facts, f"{name} is another file now")
    for name, content in things.items():
        lab.expect((folder / f"{name}.weir").read_bytes() == content, f"{name}.weir has another content")
    lab.expect((folder / "target").read_bytes() == b"mine\n" and not (folder / "nothing").exists(), "a link was followed")


def an_older_profile(laboratory, program):
    """The profile of an earlier run is nobody's to overwrite."""
    folder = laboratory.fresh_folder()
    for run in range(3):
        command = ["env", f"LD_PRELOAD={laboratory.library}", f"WEIR_OUT={folder}/same.weir", str(program)]
        subprocess.run(command, capture_output=True, timeout=60, env=laboratory.environment(folder, {}), cwd=folder)
        files = sorted(folder.glob("*.weir"))
        lab.expect(len(files) == run + 1, f"after {run + 1} runs there are {[file.name for file in files]}")
    lab.expect(len({laboratory.profile(file).process["pid"] for file in files}) == 3, "a profile was overwritten")


def at_once(laboratory, program):
    """Thirty programs begin with one name."""
    folder = laboratory.fresh_folder()
    command = f"for i in $(seq 30); do LD_PRELOAD={laboratory.library} WEIR_OUT={folder}/same.weir WEIR_QUIET=1 {program} & done; wait"
    subprocess.run(["sh", "-c", command], timeout=120, env=laboratory.environment(folder, {}), cwd=folder, stderr=subprocess.DEVNULL)
    profiles = laboratory.profiles_in(folder)
    lab.expect(len(profiles) == 30 and len({p.process["pid"] for p in profiles}) == 30, f"30 programs left {len(profiles)} profiles")
    for profile in profiles:
        profile.check_sums()
        lab.expect(profile.process["end"] == "exit" and profile.leaks("lose_small")[1] > 0, f"{profile.path.name} is not whole")


def ranks(laboratory, program):
    """The name tells rank and machine."""
    folder = laboratory.fresh_folder()
    for variable in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID", "RANK"):
        for rank in ("0", "17"):
            command = ["env", f"{variable}={rank}", f"LD_PRELOAD={laboratory.library}", f"WEIR_OUT={folder}/{variable}.%r.%h.%p.weir", str(program)]
            subprocess.run(command, capture_output=True, timeout=60, env=laboratory.environment(folder, {}), cwd=folder)
            files = list(folder.glob(f"{variable}.{rank}.{socket.gethostname()}.*.weir"))
            lab.expect(len(files) == 1, f"{variable}={rank}: {[file.name for file in folder.glob('*.weir')]}")


def body(laboratory, programs):
    program = programs / "leak_exact.O2"
    for part in (foreign_files, an_older_profile, at_once, ranks):
        part(laboratory, program)


lab.scenario(body)

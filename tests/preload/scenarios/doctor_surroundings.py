#!/usr/bin/env python3
"""`weir doctor` about rights, variables, limits and the profile's place, held against what a run does there."""
import os
import shutil
import subprocess

import lab
from doctor_lab import C, Doctor, is_root

NOBODY = 65534
# Version 2 with the effective bit, cap_net_raw permitted: what setcap cap_net_raw+ep writes.
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
PLUGIN = "int weir_test_plugin;\n"


def rights(doctor):
    if not is_root():
        print("left out: setuid and capabilities, which only root can give")
        return
    doctor.lab.folder.chmod(0o755)
    doctor.folder.chmod(0o755)
    mine, other, group = (shutil.copy(doctor.build("plain"), doctor.folder / name) for name in ("mine", "other", "group"))
    os.chmod(mine, 0o4755)
    os.chown(other, NOBODY, -1)
    os.chmod(other, 0o4755)
    os.chown(group, -1, NOBODY)
    os.chmod(group, 0o2755)
    doctor.lacks(doctor.expect([mine], "yes"), "setuid")
    doctor.agrees([mine], "yes", 1123)
    for path, finding in ((other, "setuid"), (group, "setgid")):
        doctor.expect([path], "no", finding, "error")
        doctor.agrees([path], "no", 0)
    capable = doctor.build("capable")
    try:
        os.setxattr(capable, "security.capability", CAPABILITY)
    except OSError as error:
        print(f"left out: file capabilities ({error})")
        return
    doctor.expect([capable], "yes", "capabilities_for_others", "info")
    doctor.agrees([capable], "yes", 1123)
    open_folder = doctor.lab.fresh_folder()
    open_folder.chmod(0o777)
    (open_folder / "tmp").mkdir(exist_ok=True)
    if subprocess.run([doctor.lab.weir, "--version"], user=NOBODY, capture_output=True, cwd="/").returncode != 0:
        print("left out: what another user sees, who cannot reach this build")
        return
    doctor.expect([capable], "no", "capabilities", "error", user=NOBODY, group=NOBODY, folder=open_folder)
    capable.chmod(0o711)
    os.removexattr(capable, "security.capability")
    doctor.expect([capable], "partly", "unreadable", "warning", user=NOBODY, group=NOBODY, folder=open_folder)


def options(doctor):
    for entry, text in ((("WEIR_STACK_DEPTH", "deep"), "WEIR_STACK_DEPTH"), (("WEIR_STAK_DEPTH", "3"), "WEIR_STACK_DEPTH")):
        doctor.expect(["true"], "yes", "option", "warning", text, environment=dict([entry]))
    doctor.lacks(doctor.ask("true", environment={"WEIR_STACK_DEPTH": "3"}), "option")
    doctor.expect(["true"], "partly", "record_off", "warning", environment={"WEIR_RECORD": "off"})


def preloads(doctor):
    plugin = doctor.build("libplugin.so", "-shared", "-fPIC", source=PLUGIN)
    allocator = "libjemalloc.so.2"  # a file name: the loader searches it
    program = doctor.build("preloaded")
    ours = doctor.lab.library
    doctor.expect([program], "yes", "preload", "info", str(plugin), environment={"LD_PRELOAD": plugin})
    doctor.expect([program], "yes", "preload_missing", "info", "/none/such.so", environment={"LD_PRELOAD": "/none/such.so"})
    doctor.expect([program], "yes", "preload_allocator", "info", environment={"LD_PRELOAD": f"{ours}:{allocator}"})
    doctor.expect([program], "yes", "preload_allocator", "warning", environment={"LD_PRELOAD": f"{allocator} {ours}"})
    said = doctor.expect([program], "yes", environment={"LD_PRELOAD": ours})
    lab.expect(said["findings"] == [], f"libweir.so itself in LD_PRELOAD: {said}")
    copy = doctor.lab.fresh_folder() / "libweir.so"
    shutil.copy(ours, copy)
    doctor.expect([program], "partly", "preload_second_weir", "warning", environment={"LD_PRELOAD": copy})


def limits(doctor):
    program = doctor.build("limited")
    # The tool itself, where it is built with sanitizers, starts under no narrow address space.
    asked = doctor.run([doctor.lab.weir, "doctor", str(program)], before="ulimit -v 500000")
    if asked.returncode == 0:
        doctor.expect([program], "yes", "limit_address_space", "warning", before="ulimit -v 500000")
        doctor.expect([program], "partly", "limit_address_space", "warning", before="ulimit -v 20000")
    outcome = doctor.run(["env", f"LD_PRELOAD={doctor.lab.library}", str(program)], before="ulimit -v 20000")
    lab.expect("not recorded" in outcome.stderr, f"20 MB of address space were enough: {outcome.stderr}")
    doctor.expect([program], "yes", "limit_file_size", "warning", before="ulimit -f 4096")
    doctor.expect([program], "partly", "limit_file_size", "warning", before="ulimit -f 100")
    outcome = doctor.run(["env", f"LD_PRELOAD={doctor.lab.library}", str(program)], before="ulimit -f 100")
    lab.expect("kept in memory" in outcome.stderr, f"files of 50 KiB were enough: {outcome.stderr}")
    doctor.lacks(doctor.ask(program), "limit_address_space", "limit_file_size")


def places(doctor):
    program = doctor.build("placed")
    doctor.expect([program], "yes", "profile_place", "warning", "/none/such", environment={"WEIR_OUT": "/none/such/%e.weir"})
    doctor.expect([program], "yes", "profile_place", "warning", "/proc", environment={"WEIR_OUT": "/proc/x.weir"})
    named = doctor.lab.fresh_folder()
    (named / "placed").mkdir()
    said = doctor.expect([program], "yes", environment={"WEIR_OUT": f"{named}/%e/x.weir"})
    doctor.lacks(said, "profile_place")
    lab.expect(list((named / "placed").iterdir()) == [], "the doctor left something behind")
    place = os.statvfs(named)
    more = (place.f_bavail * place.f_frsize >> 20) + 1024
    if more > 1 << 20:
        print("left out: a disk with less room than WEIR_PROFILE_MAX can ask for")
    else:
        doctor.expect([program], "yes", "profile_room", "warning", environment={"WEIR_PROFILE_MAX": f"{more}M"})


def libraries(doctor):
    library = doctor.build("libneeded.so", "-shared", "-fPIC", "-Wl,-soname,libneeded.so", source=PLUGIN)
    program = doctor.build("needy", "-Wl,--no-as-needed", library, "-Wl,-rpath,$ORIGIN/lib", source=C)
    doctor.expect([program], "no", "library_missing", "error", "libneeded.so")
    said = doctor.ask(program, environment={"LD_LIBRARY_PATH": str(doctor.folder)})
    doctor.lacks(said, "library_missing")
    (doctor.folder / "lib").mkdir()
    library.rename(doctor.folder / "lib" / "libneeded.so")
    doctor.lacks(doctor.expect([program], "yes"), "library_missing")


def body(laboratory, programs):
    doctor = Doctor(laboratory)
    for part in (rights, options, preloads, limits, places, libraries):
        part(doctor)


lab.scenario(body)

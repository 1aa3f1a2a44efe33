#!/usr/bin/env python3
"""`weir doctor` about commands that are not programs themselves: #! lines as the kernel follows them, env, and nothing at all."""
import os
import shutil
import subprocess

import lab
from doctor_lab import Doctor, script


def starts(path):
    """Whether the system itself can start it."""
    try:
        return subprocess.run([path], capture_output=True, timeout=30).returncode == 0
    except OSError:
        return False


def followed(doctor):
    folder, program = doctor.folder, doctor.build("plain")
    (folder / "bin").mkdir()
    shutil.copy(program, folder / "bin" / "interpreter")
    path = {"PATH": f"{folder}/bin:{os.environ['PATH']}"}
    direct = script(folder, "direct", f"#!{program}\n")
    said = doctor.expect([direct], "yes", "script", "info", str(program))
    lab.expect(said["program"] == str(direct), f"the command's file: {said}")
    doctor.expect([script(folder, "blanks", f"#! \t{program}  an argument \nrest\n")], "yes", "script", "info", str(program))
    doctor.expect([script(folder, "by_env", "#!/usr/bin/env interpreter\n")], "yes", "script", "info", "/bin/interpreter", environment=path)
    doctor.expect([script(folder, "split", "#!/usr/bin/env -S A=1 interpreter -x\n")], "yes", "script", "info", "/bin/interpreter", environment=path)
    doctor.expect([script(folder, "no_line", "echo hello\n")], "yes", "script", "info", "/bin/sh")
    doctor.expect(["env", "A=1", "interpreter"], "yes", environment=path)
    # What holds for the interpreter holds for the script.
    static = doctor.build("static", "-static")
    doctor.expect([script(folder, "of_static", f"#!{static}\n")], "no", "static")


def levels(doctor):
    """As many scripts run by scripts as the kernel follows, and one more."""
    before, most = "/bin/true", 0
    for level in range(1, 9):
        before = script(doctor.folder, f"level{level}", f"#!{before}\n")
        can_start = starts(before)
        said = doctor.ask(before)
        lab.expect((said["verdict"] == "yes") == can_start, f"{level} levels: the system starts it: {can_start}; the doctor: {said}")
        most = level if can_start else most
    lab.expect(1 < most < 8, f"the kernel follows {most} levels: this test says nothing")
    loop = script(doctor.folder, "loop", f"#!/usr/bin/env {doctor.folder}/loop\n")
    doctor.expect([loop], "no", "interpreter", "error")


def not_started(doctor):
    folder = doctor.folder
    script(folder, "not_executable", "#!/bin/sh\n", 0o644)
    for name, interpreter, text in (("gone", "/none/such", "does not exist"), ("dir", "/usr", "is a directory"),
                                    ("mode", folder / "not_executable", "is not executable")):
        path = script(folder, name, f"#!{interpreter}\n")
        lab.expect(not starts(path), f"{name} starts all the same")
        doctor.expect([path], "no", "interpreter", "error", text)
    doctor.expect([script(folder, "env_gone", "#!/usr/bin/env no-such-interpreter\n")], "no", "interpreter", "error", "no-such-interpreter")
    said = doctor.expect([script(folder, "env_joined", "#!/usr/bin/env sh -u\n")], "no", "interpreter", "error", "'sh -u'")
    lab.expect("env -S" in said["findings"][0]["advice"], f"no advice to write env -S: {said}")
    lab.expect(not starts(folder / "env_joined"), "env takes 'sh -u' apart all the same")
    binary = folder / "binary"
    binary.write_bytes(bytes(range(256)))
    binary.chmod(0o755)
    doctor.expect([binary], "no", "no_program", "error")


def environment(doctor):
    program = doctor.build("plain2")
    for words in (["-i"], ["-u", "LD_PRELOAD"], ["LD_PRELOAD="]):
        command = ["/usr/bin/env", *words, program]
        doctor.expect(command, "no", "environment_lost", "error")
        outcome = doctor.lab.run("cli", command)
        lab.expect(all(profile.process["exe"] != str(program) for profile in outcome.profiles), f"{words}: a run sees it all the same")
    for follow, verdict in (("none", "no"), ("fork", "no"), ("exec", "yes"), ("all", "yes")):
        command = ["/usr/bin/env", program]
        doctor.expect(command, verdict, "not_followed" if verdict == "no" else None, environment={"WEIR_FOLLOW": follow})
        outcome = doctor.lab.run("cli", command, {"WEIR_FOLLOW": follow})
        seen = any(profile.process["exe"] == str(program) for profile in outcome.profiles)
        lab.expect(seen == (verdict == "yes"), f"WEIR_FOLLOW={follow}: a run sees it: {seen}")


def interpreters(doctor):
    python = "/usr/bin/python3"
    if os.path.exists(python):
        path = script(doctor.folder, "python.py", f"#!{python}\nx = [object() for i in range(100000)]\n")
        doctor.expect([path], "partly", "python_pools", "warning")
        doctor.lacks(doctor.expect([path], "yes", environment={"PYTHONMALLOC": "malloc"}), "python_pools")
        doctor.expect(["/usr/bin/env", "PYTHONMALLOC=malloc", path], "yes")
        # 100,000 objects of 16 bytes: seen or not.
        few, many = doctor.recorded_bytes(path), doctor.recorded_bytes(path, environment={"PYTHONMALLOC": "malloc"})
        lab.expect(many > few + 1_500_000, f"PYTHONMALLOC=malloc records {many} bytes, without it {few}")
    for name, finding in (("node", "javascript_heap"), ("java", "java_heap")):
        path = shutil.which(name)
        if path and open(os.path.realpath(path), "rb").read(4) == b"\x7fELF":
            doctor.expect([path], "partly", finding, "warning")


def usage(doctor):
    folder = doctor.folder
    for words, saying in (([], "no command"), (["--"], "no command"), (["/none/such"], "/none/such"), (["no-such-program"], "command not found"),
                          ([folder], "is a directory"), ([script(folder, "plain.txt", "x\n", 0o644)], "not executable"),
                          (["--format", "xml", "true"], "unknown format 'xml'"), (["--nonsense", "true"], "--nonsense"), (["--format"], "--format")):
        done = doctor.run([doctor.lab.weir, "doctor", *map(str, words)])
        lines = done.stderr.splitlines()
        lab.expect(done.returncode == 2 and done.stdout == "" and len(lines) == 1, f"{words}: {done}")
        lab.expect(lines[0].startswith("weir: ") and saying in lines[0], f"{words}: said {lines}")
    done = doctor.run([doctor.lab.weir, "doctor", "--help"])
    lines = done.stdout.splitlines()
    lab.expect(done.returncode == 0 and 5 < len(lines) <= 24 and max(map(len, lines)) <= 110, f"--help: {done.stdout}")


def body(laboratory, programs):
    doctor = Doctor(laboratory)
    for part in (followed, levels, not_started, environment, interpreters, usage):
        part(doctor)


lab.scenario(body)

#!/usr/bin/env python3
"""Programs that weir cannot be in: `weir run` starts them all the same, they behave as without it, one line says why there is
no profile, and `weir doctor` says it before."""
import json
import os
import shutil
import subprocess

import lab

SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) { free(malloc(100)); printf("ran as %d\n", (int)geteuid()); return 6; }
"""


def build(laboratory, name, compiler, *flags):
    if not shutil.which(compiler):
        return None
    path = laboratory.folder / name
    done = subprocess.run([compiler, *flags, "main.c", "-o", path], cwd=laboratory.folder, capture_output=True)
    return path if done.returncode == 0 else None


def doctor_says(laboratory, program):
    done = subprocess.run([laboratory.weir, "doctor", "--format", "json", program], capture_output=True, text=True)
    return json.loads(done.stdout)


def check(laboratory, program, word, finding):
    if program is None:
        return print(f"left out: no such program can be built here ({finding})")
    bare = laboratory.run("bare", [program])
    if bare.status != 6:
        return print(f"left out: {program.name} does not run here")
    seen = laboratory.run("cli", [program])
    lab.expect((seen.status, seen.stdout) == (6, bare.stdout), f"{program.name}: {seen.status} {seen.stdout} {seen.stderr}")
    lab.expect(seen.profiles == [], f"{program.name}: left a profile")
    lines = [line for line in seen.stderr.decode().splitlines() if line.startswith("weir:")]
    lab.expect(len(lines) == 1 and word in lines[0], f"{program.name}: weir says {lines}")
    said = doctor_says(laboratory, program)
    lab.expect(said["verdict"] == "no" and finding in [each["id"] for each in said["findings"]], f"{program.name}: doctor says {said}")


def script(laboratory, interpreter):
    """Its first line names a program that says where it was started from."""
    path = laboratory.folder / "script"
    path.write_text(f"#!{interpreter}\n")
    path.chmod(0o755)
    return path


def other_user(laboratory, program):
    """Setuid for somebody else: only root can make one here, and then gets fewer rights, not more; the loader does not care."""
    if program is None or os.geteuid() != 0 or os.statvfs(laboratory.folder).f_flag & os.ST_NOSUID:
        return None
    copy = laboratory.folder / "setuid"
    shutil.copy(program, copy)
    os.chown(copy, 65534, 65534)
    copy.chmod(0o4755)
    laboratory.folder.chmod(0o755)
    return copy


def audited(laboratory, program):
    """With an auditor the loader sets thread-local storage aside before it knows of weir: `weir run` asks it for more."""
    (laboratory.folder / "audit.c").write_text("""
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
#include <string.h>
unsigned la_version(unsigned v) { return v; }
unsigned la_objopen(struct link_map* m, Lmid_t l, uintptr_t* c) { free(strdup(m->l_name)); return LA_FLG_BINDTO | LA_FLG_BINDFROM; }
uintptr_t la_symbind64(Elf64_Sym* s, unsigned n, uintptr_t* r, uintptr_t* d, unsigned* f, const char* name) { free(malloc(10)); return s->st_value; }
""")
    subprocess.run(["cc", "-shared", "-fPIC", "audit.c", "-o", "audit.so"], cwd=laboratory.folder, check=True)
    seen = laboratory.run("cli", [program], {"LD_AUDIT": str(laboratory.folder / "audit.so")})
    lab.expect(seen.status == 6 and len(seen.profiles) == 1, f"audited: {seen.status} {len(seen.profiles)} {seen.stderr}")
    lab.expect(seen.parent.host["allocated_blocks"] >= 2, f"audited: {seen.parent.host}")


def body(laboratory, _programs):
    (laboratory.folder / "main.c").write_text(SOURCE)
    plain = build(laboratory, "plain", "cc", "-O1", "-fno-builtin")
    musl = build(laboratory, "musl", "musl-gcc", "-fno-builtin")
    check(laboratory, musl, "built for musl", "musl")
    check(laboratory, musl and script(laboratory, musl), "built for musl", "musl")
    check(laboratory, build(laboratory, "static", "cc", "-static"), "linked statically", "static")
    check(laboratory, build(laboratory, "static_pie", "cc", "-static-pie"), "linked statically", "static_pie")
    check(laboratory, build(laboratory, "narrow", "cc", "-m32"), "32-bit", "bits_32")
    check(laboratory, other_user(laboratory, plain), "setuid", "setuid")
    audited(laboratory, plain)


lab.scenario(body)

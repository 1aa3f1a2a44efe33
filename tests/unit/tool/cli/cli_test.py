#!/usr/bin/env python3
"""The weir program from outside: exit statuses, the one line on stderr, and a command that must not feel it.

    cli_test.py --weir PROGRAM [--library LIBWEIR]

Without a library a stand-in that does nothing is preloaded: then what needs a profile is left out.
"""
import argparse
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ARGUMENTS = argparse.Namespace(weir="weir", library="")
MAGIC = b"WEIRPROF"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = pathlib.Path(self.folder.name)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_") and k != "LD_PRELOAD"}
        self.environment["WEIR_RUN_LIBRARY"] = ARGUMENTS.library or self.stand_in()
        self.environment["TMPDIR"] = self.folder.name

    def stand_in(self):
        source = self.at / "nothing.c"
        source.write_text("int weir_stand_in;\n")
        library = self.at / "libweir.so"
        subprocess.run(["cc", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
        return str(library)

    def weir(self, *arguments, **more):
        environment = {**self.environment, **more.pop("environment", {})}
        return subprocess.run([ARGUMENTS.weir, *map(str, arguments)], capture_output=True, text=True, cwd=self.at,
                              env=environment, timeout=60, **more)

    def refused(self, *arguments, saying, **more):
        """Exit status 2, nothing on stdout, and exactly one line that says it."""
        done = self.weir(*arguments, **more)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Aweir: [^\n]*\n\Z")
        self.assertIn(saying, done.stderr)

    def script(self, name, text, mode=0o755):
        path = self.at / name
        path.write_text(text)
        path.chmod(mode)
        return path


class Usage(Case):
    def test_wrong_usage_is_one_line(self):
        self.refused(saying="no command given")
        self.refused("nonsense", saying="unknown command 'nonsense'")
        self.refused("--nonsense", saying="unknown option '--nonsense'")
        self.refused("a\nb", saying="unknown command 'a b'")
        self.refused("advise", "a", saying="weir advise is not in this version")
        self.refused("diff", saying="PROFILE")
        self.refused("diff", "a", saying="two profiles are needed: OLD and NEW")
        self.refused("diff", "--format", "html", "a", "b", saying="unknown format 'html'; known: text, json")
        self.refused("diff", "--top", "-1", "a", "b", saying="-1")
        self.refused("report", "--watch", "-1", "a", saying="-1")
        self.refused("report", "--watch", "soon", "a", saying="soon")
        self.refused("report", saying="PROFILE")
        self.refused("report", "--bogus", "a", saying="--bogus")
        self.refused("report", "--top", "x", "a", saying="x")
        self.refused("report", "--top", "-1", "a", saying="-1")
        self.refused("report", "--format", "html", "a", saying="format html is not in this version")
        self.refused("report", "--format", "xml", "a", saying="unknown format 'xml'")
        self.refused("report", "--only", "nothing", "a", saying="unknown section 'nothing'")
        self.refused("check", saying="PROFILE")
        self.refused("check", "--max-lost", "some", "a", saying="--max-lost some: expected a number of bytes")
        self.refused("check", "--max-live", "1Q", "a", saying="--max-live 1Q: expected a number of bytes")
        self.refused("check", "--max-lost", "", "a", saying="expected a number of bytes")
        self.refused("check", "--max-lost", "99999999999999999999", "a", saying="expected a number of bytes")
        self.refused("check", "--format", "html", "a", saying="html")
        self.refused("options", "x", saying="x")
        self.refused("merge", saying="--output")
        self.refused("merge", "-o", "x", saying="PROFILE")
        self.refused("merge", "-o", "x", "@missing", saying="cannot read the list missing: No such file")

    def test_wrong_usage_of_run_is_one_line(self):
        self.refused("run", saying="no command to run")
        self.refused("run", "--", saying="no command to run")
        self.refused("run", "-o", saying="-o")
        self.refused("run", "--bogus", "true", saying="--bogus")
        self.refused("run", "--set", "true", saying="no command to run")
        self.refused("run", "--set", "DEPTH=3", "true", saying="--set DEPTH=3: no such option")
        self.refused("run", "--set", "STAK_DEPTH=3", "true", saying="did you mean WEIR_STACK_DEPTH?")
        self.refused("run", "--set", "STACK_DEPTH=0", "true", saying="accepted: 1 to 256")
        self.refused("run", "--set", "nothing", "true", saying="expected NAME=VALUE")
        self.refused("run", "--set", "RULES=x", "true", saying="not in this version")
        self.refused("run", "-o", "x.%q", "true", saying="after % comes one of")

    def test_help_fits_one_screen(self):
        for arguments in (["--help"], ["run", "--help"], ["report", "--help"], ["check", "--help"], ["merge", "--help"], ["options", "--help"],
                          ["diff", "--help"], ["ctl", "--help"]):
            done = self.weir(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertLessEqual(done.stdout.count("\n"), 24)
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 110)

    def test_version(self):
        self.assertRegex(self.weir("--version").stdout, r"\Aweir \d+\.\d+\.\d+\n\Z")

    def test_options(self):
        plain = self.weir("options").stdout
        self.assertIn("WEIR_STACK_DEPTH", plain)
        self.assertIn("not in this version", plain)
        self.assertIn("generated by `weir options --markdown`", self.weir("options", "--markdown").stdout)

    def test_a_closed_or_full_output_is_noticed(self):
        for arguments in (["--help"], ["options"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([ARGUMENTS.weir, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"\Aweir: cannot write[^\n]*\n\Z")


class Files(Case):
    def test_what_is_no_profile_is_refused(self):
        self.refused("report", "missing", saying="cannot read missing: No such file")
        self.refused("report", self.at, saying="no weir profile is in")
        self.refused("check", "missing", saying="cannot read missing: No such file")
        self.refused("check", self.at, saying="no weir profile is in")
        self.refused("report", "/dev/null", saying="is not a regular file")
        self.script("empty", "")
        self.refused("report", "empty", saying="empty is empty, not a weir profile")
        self.script("foreign", "#!/bin/sh\nexit 0\n" * 5000)
        self.refused("report", "foreign", saying="foreign is not a weir profile")
        (self.at / "newer").write_bytes(MAGIC + struct.pack("<I", 99) + bytes(20000))
        self.refused("report", "newer", saying="written by a newer weir (format 99; this one reads up to 6)")
        (self.at / "corrupt").write_bytes(MAGIC + struct.pack("<I", 1) + bytes([255]) * 20000)
        self.refused("report", "corrupt", saying="its header contradicts itself")
        (self.at / "short").write_bytes(MAGIC + struct.pack("<I", 1) + bytes(100))
        self.refused("report", "short", saying="cut short")

    def test_what_cannot_be_compared_is_refused(self):
        self.refused("diff", "missing", "gone", saying="cannot read missing: No such file")
        self.refused("diff", self.at, "x", saying="no weir profile is in")
        self.script("foreign", "#!/bin/sh\nexit 0\n" * 5000)
        self.refused("diff", "foreign", "gone", saying="foreign is not a weir profile")
        self.refused("diff", "foreign", "./foreign", saying="foreign and ./foreign are one file")

    def test_suppression_files_are_checked(self):
        self.refused("report", "--suppressions", "missing", "x", saying="cannot read missing")
        self.script("bad", "nonsense\n")
        self.refused("report", "--suppressions", "bad", "x", saying="bad, line 1: expected leak:PATTERN")
        self.refused("check", "--suppressions", "bad", "x", saying="bad, line 1: expected leak:PATTERN")


class Run(Case):
    def status(self, *command, **more):
        return self.weir("run", *command, **more).returncode

    def test_the_status_is_the_commands(self):
        for code in (0, 1, 2, 77, 255):
            self.assertEqual(self.status("sh", "-c", f"exit {code}"), code)
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGPIPE):
            self.assertEqual(self.status("sh", "-c", f"kill -{int(number)} $$"), 128 + number)

    def test_what_cannot_run_is_one_line(self):
        self.refused("run", "no-such-command", saying="cannot run 'no-such-command': command not found")
        self.refused("run", "", saying="command not found")
        self.refused("run", "./missing", saying="cannot run ./missing: No such file")
        self.refused("run", "/", saying="it is a directory")
        self.script("data", "text", mode=0o644)
        self.refused("run", "./data", saying="not executable")
        binary = self.at / "binary"
        binary.write_bytes(bytes(range(256)))
        binary.chmod(0o755)
        self.refused("run", "./binary", saying="it is no program")
        self.script("orphan", "#!/no/such/interpreter\n")
        self.refused("run", "./orphan", saying="its interpreter or loader is missing")

    def test_a_script_without_its_first_line_runs_as_in_a_shell(self):
        self.script("plain", "echo $1\nexit 5\n")
        done = self.weir("run", "./plain", "word")
        self.assertEqual((done.returncode, done.stdout), (5, "word\n"))

    def test_options_after_the_command_are_its_own(self):
        for dashes in ([], ["--"]):
            done = self.weir("run", *dashes, "echo", "-o", "--report", "--set", "--", "x")
            self.assertEqual(done.stdout, "-o --report --set -- x\n")

    def test_streams_are_the_commands(self):
        done = self.weir("run", "sh", "-c", "cat; echo oops >&2", input="line\n")
        self.assertEqual(done.stdout, "line\n")
        self.assertTrue(done.stderr.startswith("oops\n"), done.stderr)

    def test_the_preload_goes_before_others_and_the_rest_of_the_environment_stays(self):
        other = self.stand_in()
        done = self.weir("run", "--set", "stack_depth=9", "sh", "-c", "echo $LD_PRELOAD; echo $WEIR_STACK_DEPTH $KEPT",
                         environment={"LD_PRELOAD": other, "KEPT": "kept"})
        library = os.path.realpath(self.environment["WEIR_RUN_LIBRARY"])
        self.assertEqual(done.stdout, f"{library}:{other}\n9 kept\n")

    def test_bad_variables_are_told_once_and_the_command_runs(self):
        done = self.weir("run", "true", environment={"WEIR_STACK_DEPTH": "many", "WEIR_FOLOW": "x"})
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr.count("WEIR_STACK_DEPTH='many' is not understood"), 1)
        self.assertEqual(done.stderr.count("WEIR_FOLOW is not an option; did you mean WEIR_FOLLOW?"), 1)

    def test_no_other_file_is_overwritten(self):
        self.script("precious", "important\n")
        self.refused("run", "-o", "precious", "true", saying="it exists and is no weir profile")
        self.assertEqual((self.at / "precious").read_text(), "important\n")
        self.refused("run", "-o", ".", "true", saying="it is a directory")
        self.refused("run", "-o", "no/such/dir", "true", saying="No such file or directory")
        self.script("empty", "")
        self.assertEqual(self.status("-o", "empty", "true"), 0)

    def test_no_library_is_one_line(self):
        self.environment["WEIR_RUN_LIBRARY"] = "/no/such/libweir.so"
        self.refused("run", "true", saying="WEIR_RUN_LIBRARY=/no/such/libweir.so is no file")

    def test_a_static_program_is_said_to_be_one(self):
        source = self.at / "static.c"
        source.write_text("int main(void) { return 4; }\n")
        if subprocess.run(["cc", "-static", str(source), "-o", str(self.at / "static")], capture_output=True).returncode:
            self.skipTest("no static libc")
        done = self.weir("run", "./static")
        self.assertEqual(done.returncode, 4)
        self.assertIn("linked statically", done.stderr)

    def test_no_temporary_files_are_left(self):
        self.status("true")
        self.status("sh", "-c", "kill -9 $$")
        self.assertEqual(list(self.at.glob("weir-run.*")), [])

    def started(self, shell, **more):
        child = subprocess.Popen([ARGUMENTS.weir, "run", "sh", "-c", shell], cwd=self.at, env=self.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)
        self.assertEqual(child.stdout.readline(), "ready\n")
        return child

    def test_signals_are_passed_on(self):
        for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "ALRM", "WINCH"):
            child = self.started(f"trap 'echo {name}; exit 7' {name}; echo ready; while :; do sleep 0.05; done")
            child.send_signal(getattr(signal, "SIG" + name))
            self.assertEqual(child.communicate(timeout=20)[0], name + "\n")
            self.assertEqual(child.returncode, 7)

    def test_a_signal_that_kills_the_command_ends_us_as_the_shell_says_it(self):
        child = self.started("echo ready; exec sleep 30")
        time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)
        self.assertEqual(child.returncode, 128 + signal.SIGTERM)

    def test_ignored_signals_stay_ignored(self):
        ignored = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        child = self.started("echo ready; sleep 0.3; exit 6", preexec_fn=ignored)
        child.send_signal(signal.SIGHUP)
        child.communicate(timeout=20)
        self.assertEqual(child.returncode, 6)

    def test_the_commands_signal_mask_and_dispositions_are_ours(self):
        show = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status"
        plain = subprocess.run(["sh", "-c", show], capture_output=True, text=True, env=self.environment).stdout
        self.assertEqual(self.weir("run", "sh", "-c", show).stdout, plain)

    def test_job_control_stops_and_continues_both(self):
        child = self.started("echo ready; kill -TSTP $$; echo on", start_new_session=True)
        # An orphaned process group cannot be stopped by SIGTSTP; here only that nothing hangs is certain.
        deadline = time.time() + 20
        while child.poll() is None and time.time() < deadline:
            child.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        self.assertEqual(child.returncode, 0)

    def test_a_stopped_and_continued_command_ends_as_ever(self):
        child = self.started("echo ready; kill -STOP $$; exit 9")
        time.sleep(0.2)
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=20)
        self.assertEqual(child.returncode, 9)


class Profiles(Case):
    def setUp(self):
        super().setUp()
        if not ARGUMENTS.library:
            self.skipTest("needs libweir.so")
        source = self.at / "leaky.c"
        source.write_text(
            "#include <stdlib.h>\n#include <signal.h>\n"
            "static void *volatile kept;\n"
            "__attribute__((noinline)) static void lose(void) { for (int i = 0; i < 100; ++i) kept = malloc(64); }\n"
            "__attribute__((noinline)) static void zero(void) { for (int i = 0; i < 7; ++i) kept = calloc(10, 100); }\n"
            "int main(int argc, char **argv) { lose(); zero(); free(malloc(5));\n"
            "  if (argc > 2) raise(SIGKILL);\n"
            "  return argc > 1 ? atoi(argv[1]) : 0; }\n")
        subprocess.run(["cc", "-O1", "-g", str(source), "-o", str(self.at / "leaky")], check=True)

    def json(self, profile):
        done = self.weir("report", "--format", "json", profile)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def check_leaks(self, report):
        sums = {}
        for s in report["leaks"]["sites"]:
            where = s["frames"][0]["function"], s["frames"][0]["line"]
            bytes_, blocks = sums.get(where, (0, 0))
            sums[where] = bytes_ + s["bytes"], blocks + s["blocks"]
        self.assertEqual(sums, {("zero", 5): (7000, 7), ("lose", 4): (6400, 100)})

    def verdicts(self, report):
        return [(s["bytes"], s["blocks"], s["verdict"], s["frames"][0]["function"]) for s in report["leaks"]["sites"]]

    def test_leaks_are_exact_by_name_and_line(self):
        done = self.weir("run", "-o", "p.weir", "./leaky", "3")
        self.assertEqual(done.returncode, 3)
        self.assertLessEqual(done.stderr.count("\n"), 20)
        self.assertIn("weir report p.weir", done.stderr)
        report = self.json("p.weir")
        self.check_leaks(report)
        self.assertEqual(self.verdicts(report), [(6400, 100, "lost", "lose"), (6000, 6, "lost", "zero"), (1000, 1, "reachable", "zero")])
        self.assertEqual(report["coverage"]["scan"]["result"], "done")
        self.assertIn("weir: lost: 12,400 bytes in 106 blocks that nothing points to any more", done.stderr)
        self.assertIn("weir: still reachable: 1,000 bytes in 1 block at 1 call site", done.stderr)
        self.assertEqual((report["process"]["end"], report["process"]["exit_code"]), ("exit", 3))

    def test_reachable_blocks_are_shown_on_request(self):
        self.weir("run", "-o", "p.weir", "./leaky")
        text = self.weir("report", "--only", "leaks", "p.weir").stdout
        self.assertIn("Show them with", text)
        self.assertNotIn("1. 1,000 bytes in 1 block", text)
        self.assertIn("1. 1,000 bytes in 1 block", self.weir("report", "--only", "leaks", "--reachable", "p.weir").stdout)

    def test_a_killed_command_leaves_its_profile_and_its_signal(self):
        self.assertEqual(self.weir("run", "-o", "p.weir", "./leaky", "0", "kill").returncode, 137)
        report = self.json("p.weir")
        self.check_leaks(report)
        self.assertEqual({s["verdict"] for s in report["leaks"]["sites"]}, {"unknown"})
        self.assertEqual(report["coverage"]["scan"]["why"], "the process died of a signal")
        self.assertEqual((report["process"]["end"], report["process"]["signal"]), ("signal", 9))

    def diff(self, *words):
        done = self.weir("diff", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_two_runs_are_compared_by_the_names_of_their_frames(self):
        self.weir("run", "-o", "old.weir", "./leaky")
        # Built anew: other places, other lines, and one of the two loses more.
        text = (self.at / "leaky.c").read_text().replace("i < 100", "i < 130").replace("static void *", "\n\nint unused[9];\nstatic void *", 1)
        (self.at / "leaky.c").write_text(text)
        subprocess.run(["cc", "-O0", "-g", str(self.at / "leaky.c"), "-o", str(self.at / "leaky-2")], check=True)
        self.weir("run", "-o", "new.weir", "./leaky-2")
        diff = json.loads(self.diff("--format", "json", "old.weir", "new.weir"))
        self.assertEqual((diff["schema"], diff["same_run"], diff["seconds"]), ("weir-diff/1", False, None))
        (site,) = diff["sites"]
        self.assertEqual((site["trend"], site["bytes"], site["blocks"], site["then_blocks"], site["now_blocks"]), ("growing", 30 * 64, 30, 100, 130))
        self.assertEqual(site["frames"][0]["function"], "lose")
        self.assertEqual((site["lost_blocks"], site["bytes_per_second"], site["survivors_at_least"]), (130, None, None))
        shown = self.diff("old.weir", "new.weir")
        self.assertIn("1 call site has more, +1.88 KiB in all:", shown)
        self.assertIn("1. +1,920 bytes in +30 blocks - lose", shown)
        back = json.loads(self.diff("--format", "json", "new.weir", "old.weir"))
        self.assertEqual([(s["trend"], s["blocks"]) for s in back["sites"]], [("shrinking", -30)])
        self.assertIn("No call site has more.", self.diff("new.weir", "old.weir"))

    def test_three_runs_are_not_compared(self):
        for name in ("a", "b", "c"):
            self.weir("run", "-o", name, "./leaky")
        self.refused("diff", "a", "b", "c", saying="the 3 profiles are not all of one run")

    def test_two_copies_of_one_state_have_no_growth(self):
        self.weir("run", "-o", "p.weir", "./leaky")
        (self.at / "copy").write_bytes((self.at / "p.weir").read_bytes())
        diff = json.loads(self.diff("--format", "json", "p.weir", "copy"))
        self.assertEqual((diff["same_run"], diff["sites"], diff["seconds"]), (True, [], 0))
        self.assertIn("No call site grew", self.diff("copy", "p.weir"))

    def test_a_profile_may_be_replaced(self):
        for code in (1, 2):
            self.weir("run", "-o", "p.weir", "./leaky", code)
        self.assertEqual(self.json("p.weir")["process"]["exit_code"], 2)

    def family(self, count=3):
        for code in range(count):
            self.weir("run", "-o", f"f.{code}.weir", "./leaky", code)
        return [f"f.{code}.weir" for code in range(count)]

    def test_merged_is_the_sum_and_reads_like_any(self):
        files = self.family()
        done = self.weir("merge", "-o", "all.weir", *files)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("weir: 3 processes", done.stderr)
        report = self.json("all.weir")
        self.assertEqual({s["processes"] for s in report["leaks"]["sites"]}, {3})
        self.assertEqual(self.verdicts(report), [(19200, 300, "lost", "lose"), (18000, 18, "lost", "zero"), (3000, 3, "reachable", "zero")])
        self.assertEqual(report["coverage"]["scan"]["processes"], 3)
        self.assertEqual(sorted(p["exit_code"] for p in report["processes"]), [0, 1, 2])
        self.assertEqual([p["processes"] for p in report["programs"]], [3])
        at_once = json.loads(self.weir("report", "--format", "json", *files).stdout)
        self.assertEqual(at_once, report)
        self.assertIn("3 processes of 1 program", self.weir("report", "all.weir").stdout)

    def test_folders_and_lists_name_profiles(self):
        os.mkdir(self.at / "d")
        os.mkdir(self.at / "d" / "e")
        files = self.family()
        os.rename(self.at / files[0], self.at / "d" / "a")
        os.rename(self.at / files[1], self.at / "d" / "e" / "b")
        self.script("d/no profile", "text")
        self.assertEqual(self.weir("merge", "-o", "d/all.weir", "d").returncode, 0)
        self.assertEqual(self.json("d/all.weir")["process"]["processes"], 2)
        # Again: the older result is no input, and is replaced.
        done = self.weir("merge", "-o", "d/all.weir", "d")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (0, 1))
        (self.at / "list").write_text(f"d/a\n\n{files[2]}\n")
        self.assertEqual(json.loads(self.weir("report", "--format", "json", "@list").stdout)["process"]["processes"], 2)
        listed = self.weir("report", "--format", "json", "@-", input=f"{files[2]}\nd/e\n")
        self.assertEqual(json.loads(listed.stdout)["process"]["processes"], 2)
        # A folder that has a merged profile and those it was made of: nothing is counted twice.
        both = self.weir("report", "--format", "json", "d")
        self.assertEqual(json.loads(both.stdout)["process"]["processes"], 2)
        self.assertIn("d/all.weir tells of a process that is in already", both.stderr)

    def test_what_cannot_be_read_is_told_and_left_out(self):
        files = self.family(2)
        self.script("foreign", "text")
        (self.at / "cut.weir").write_bytes((self.at / files[0]).read_bytes()[:5000])
        done = self.weir("merge", "-o", "all.weir", "missing", files[0], "foreign", "cut.weir", files[1])
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.splitlines()), 4, done.stderr)
        for part in ("cannot read missing", "foreign is not a weir profile", "cut.weir is cut short"):
            self.assertIn(part, done.stderr)
        report = self.json("all.weir")
        self.assertEqual(report["process"]["processes"], 2)
        self.assertTrue(any("3 of 5 files were left out" in line for line in report["coverage"]["warnings"]))
        done = self.weir("merge", "-o", "none.weir", "missing", "foreign")
        self.assertEqual((done.returncode, (self.at / "none.weir").exists()), (2, False))

    def test_merge_overwrites_nothing_but_an_older_merge(self):
        files = self.family(3)
        before = (self.at / files[0]).read_bytes()
        self.refused("merge", "-o", files[0], *files, saying="to be read and to be written")
        self.refused("merge", "-o", files[0], *files[1:], saying="it is the profile of a process")
        self.assertEqual((self.at / files[0]).read_bytes(), before)
        self.script("precious", "important\n")
        self.refused("merge", "-o", "precious", *files, saying="no merged profile")
        self.refused("merge", "-o", ".", *files, saying="it is a directory")
        self.refused("merge", "-o", "no/such/dir/x", *files, saying="cannot write")
        self.assertEqual([p.name for p in self.at.iterdir() if "all" in p.name or "XXXX" in p.name], [])
        self.assertEqual(self.weir("merge", "-o", "all.weir", *files[:2]).returncode, 0)
        self.assertEqual(self.weir("merge", "-o", "all.weir", *files).returncode, 0)
        self.assertEqual(self.json("all.weir")["process"]["processes"], 3)
        self.refused("merge", "-o", "all.weir", "all.weir", saying="to be read and to be written")

    def test_a_command_with_children_says_how_to_read_them_all(self):
        done = self.weir("run", "-o", "run.%p.weir", "sh", "-c", "./leaky; ./leaky 0 kill; exit 0")
        self.assertRegex(done.stderr, r"weir: all 3 processes: [\d,]+ bytes in [\d,]+ blocks live at their ends; .*1 ended by a signal\n")
        self.assertIn("weir: read them together with: weir report run.*.weir\n", done.stderr)
        self.assertLessEqual(done.stderr.count("weir: "), 20)

    def test_report_prints_on_stderr(self):
        done = self.weir("run", "--report", "-o", "p.weir", "./leaky")
        self.assertEqual(done.stdout, "")
        self.assertIn("Lost memory", done.stderr)

    def test_out_is_written_or_refused(self):
        self.weir("run", "-o", "p.weir", "./leaky")
        self.assertEqual(self.weir("report", "-o", "out.txt", "p.weir").returncode, 0)
        self.assertIn("Lost memory", (self.at / "out.txt").read_text())
        self.refused("report", "-o", "/no/such/dir/x", "p.weir", saying="cannot write /no/such/dir/x")
        self.refused("report", "-o", "/dev/full", "p.weir", saying="cannot write /dev/full: No space left")

    def test_works_from_another_directory_and_says_when_the_program_changed(self):
        self.weir("run", "-o", "p.weir", "./leaky")
        os.mkdir(self.at / "elsewhere")
        moved = subprocess.run([ARGUMENTS.weir, "report", "--format", "json", self.at / "p.weir"], cwd="/",
                               capture_output=True, text=True)
        self.check_leaks(json.loads(moved.stdout))
        (self.at / "other.c").write_text("int main(void) { return 1; }\n")
        subprocess.run(["cc", str(self.at / "other.c"), "-o", str(self.at / "leaky")], check=True)
        report = self.json("p.weir")
        self.assertTrue(any("leaky changed since it ran" in line for line in report["coverage"]["warnings"]))
        frame = report["leaks"]["sites"][0]["frames"][0]
        self.assertIsNone(frame["function"])
        self.assertTrue(frame["module"].endswith("/leaky") and frame["offset"] > 0)

    def test_a_running_process_can_be_read(self):
        child = subprocess.Popen([ARGUMENTS.weir, "run", "-o", "p.weir", "sleep", "20"], cwd=self.at,
                                 env=self.environment, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if (self.at / "p.weir").exists():
                break
            time.sleep(0.05)
        time.sleep(0.2)
        self.assertEqual(self.json("p.weir")["process"]["end"], "running")
        child.terminate()
        self.assertEqual(child.wait(20), 128 + signal.SIGTERM)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--library", nargs="?", default="", const="")
    ARGUMENTS, rest = parser.parse_known_args()
    ARGUMENTS.weir = os.path.abspath(ARGUMENTS.weir)
    ARGUMENTS.library = ARGUMENTS.library and os.path.abspath(ARGUMENTS.library)
    unittest.main(argv=[sys.argv[0], *rest])

#!/usr/bin/env python3
"""`weir run` between its caller and the command: signals to it reach the command, and when it is killed itself the command works
on, its profile readable."""
import os
import signal
import time

import lab


def start(laboratory, programs, *words, **popen):
    """`weir run` of a program that has said that it is ready; its process, the folder, and the command's process id."""
    process, folder = laboratory.start("cli", [programs / "churn_forever.O1", *words], **popen)
    os.read(process.stdout.fileno(), 6)
    children = open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8").read().split()
    lab.expect(len(children) == 1, f"weir run has the children {children}")
    return process, folder, int(children[0])


def state(pid):
    """The letter of /proc/PID/stat; None when there is no such process."""
    try:
        return open(f"/proc/{pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


def wait_for_state(pid, wanted, what):
    for _ in range(3000):
        if state(pid) in wanted:
            return
        time.sleep(0.01)
    raise lab.Failure(f"{what}: its state is {state(pid)}, not one of {wanted}")


def passed_on(laboratory, programs, number):
    process, folder, _ = start(laboratory, programs, "forever")
    process.send_signal(number)
    process.communicate(timeout=60)
    lab.expect(process.returncode == 128 + number, f"after signal {number} weir ended with {process.returncode}")
    (profile,) = laboratory.profiles_in(folder)
    lab.expect(profile.process["end"] == "signal" and profile.process["signal"] == number, f"signal {number}: the profile says {profile.process}")
    lab.expect(profile.live("hold") == (10000, 1000), f"signal {number}: what was held is not all there")


def killed(laboratory, programs):
    """SIGKILL of weir run alone: nobody can pass that on."""
    process, folder, child = start(laboratory, programs, "forever")
    process.kill()
    process.wait(timeout=60)
    (profile,) = laboratory.profiles_in(folder)
    lab.expect(state(child) in ("R", "S", "D"), f"after weir was killed the command's state is {state(child)}")
    lab.expect(profile.process["end"] == "running", f"while it works on the profile says {profile.process}")
    before = profile.host["allocated_blocks"]
    for _ in range(100):
        time.sleep(0.02)
        (profile,) = laboratory.profiles_in(folder)
        if profile.host["allocated_blocks"] > before:
            break
    lab.expect(profile.host["allocated_blocks"] > before, "after weir was killed nothing more is recorded")
    os.kill(child, signal.SIGTERM)
    process.communicate(timeout=60)  # until the command has closed its streams
    wait_for_state(child, ("Z", "X", None), "the command, which has closed its streams")
    (profile,) = laboratory.profiles_in(folder)
    lab.expect(profile.process["end"] == "killed" and profile.live("hold") == (10000, 1000), f"at last the profile says {profile.process}")


def stopped(laboratory, programs):
    """As a shell does with ^Z and fg: the terminal's signal goes to both."""
    process, folder, child = start(laboratory, programs, "forever", start_new_session=True)
    try:
        # A group of a session of its own is orphaned: SIGTSTP would be ignored there, and SIGSTOP is not.
        os.kill(child, signal.SIGSTOP)
        wait_for_state(child, "T", "the command, stopped")
        lab.expect(state(process.pid) != "T", "a SIGSTOP of the command alone stopped weir as well")
        laboratory.profiles_in(folder)
        os.kill(process.pid, signal.SIGCONT)
        wait_for_state(child, "RSD", "the command, continued through weir")
        os.killpg(process.pid, signal.SIGSTOP)
        wait_for_state(child, "T", "the command, stopped with weir")
        wait_for_state(process.pid, "T", "weir, stopped")
        os.killpg(process.pid, signal.SIGCONT)
        wait_for_state(child, "RSD", "the command, continued with weir")
        wait_for_state(process.pid, "RSD", "weir, continued")
        process.terminate()
        process.communicate(timeout=60)
        lab.expect(process.returncode == 128 + signal.SIGTERM, f"after all that weir ended with {process.returncode}")
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def streams_closed(laboratory, programs):
    """Started with all streams closed: the status still passes, and the profile is there."""
    outcome = laboratory.run("cli", [programs / "exit_underscore.O2"], before="exec 0<&- 1>&- 2>&-")
    lab.expect(outcome.status in (1, 3) and outcome.parent.live("lose") == (500, 5), f"all streams closed: {outcome.status}")
    # Its reader gone before the end: SIGPIPE is the command's, and weir's status says so.
    outcome = laboratory.run("bare", ["sh", "-c", f"{{ {laboratory.weir} run -o p.weir yes; echo $? >status; }} 2>err | head -1"])
    status = (outcome.folder / "status").read_text().strip()
    lab.expect(outcome.stdout == b"y\n" and status == str(128 + signal.SIGPIPE), f"its reader gone: {outcome.stdout!r}, status {status}")
    lab.expect(laboratory.profile(outcome.folder / "p.weir").process["signal"] == signal.SIGPIPE, "its reader gone: the profile does not say SIGPIPE")


def body(laboratory, programs):
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM):
        passed_on(laboratory, programs, int(number))
    killed(laboratory, programs)
    stopped(laboratory, programs)
    streams_closed(laboratory, programs)


lab.scenario(body)

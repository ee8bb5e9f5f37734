"""Inside the virtual machine: which programs run, who owns what, and what happens where they do not.

Started by the initramfs of ``tests.vm.machine``; leaves ``report.json`` and its log in /tmp/out.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

OUT = Path("/tmp/out")
SETTLE_SECONDS = 3
READY_SECONDS = 120
SUITES = (
    "tests/bpf/test_loader.py", "tests/bpf/test_probe.py", "tests/bpf/test_tasks.py",
    "tests/bpf/test_lifecycle.py", "tests/bpf/test_mailbox.py", "tests/accounting/test_programs.py",
    "tests/accounting/test_source.py", "tests/accounting/test_identity.py", "tests/engine/test_sources.py",
    "tests/processes/test_kernel.py", "tests/processes/test_tasks.py", "tests/processes/test_lifefeed.py",
    "tests/processes/test_conntrack.py", "tests/sandbox/test_precedence.py",
)  # fmt: skip
KEEP = "-all,+net_raw,+net_admin,+sys_ptrace,+dac_read_search"
KERNEL_LOG = "files/read-kernel-log"  # older kernels let CAP_SYS_ADMIN read it: docs/sandbox.md
OPEN = {  # what docs/sandbox.md says that a cell does not hold off
    "warden": {KERNEL_LOG},
    "daemon": {
        KERNEL_LOG, "files/change-program", "files/write-setting", "files/write-own-memory",
        "network/bind-udp",
    },
    "shaper": {KERNEL_LOG, "files/change-program", "files/write-setting", "files/write-own-memory"},
}  # fmt: skip
STEPS = (3600, -7200)  # seconds by which the machine's clock is set, one after the other
STEP_SLACK = 900  # an emulated machine may take so long from one to the next
Report = dict[str, Any]


def programs() -> Report:
    """The verdict on each program of each object."""
    from procwire.bpf import probe
    from procwire.bpf.loader import FOLDER

    found: Report = {}
    for path in sorted(FOLDER.glob("*.bpf.o")):
        name = path.name.removesuffix(".bpf.o")
        verdicts = probe.programs(name=name)
        found[name] = {each.program: each.reason for each in verdicts}
        for each in verdicts:
            if each.reason:
                (OUT / f"{name}-{each.program}.log").write_text("\n".join(each.log))
    return found


def attribution(folder: Path) -> Report:
    """Every scenario of the stage."""
    from tests.kernel.judge import Watcher, judge
    from tests.kernel.stage import SCENARIOS, Stage

    found: Report = {}
    with Stage(folder / "generator") as stage:
        watcher = Watcher(stage)
        played = []
        for scenario in SCENARIOS:
            if scenario.kind != "slow":
                try:
                    played.append(stage.play(scenario))
                except Exception as error:
                    found[scenario.name] = {"good": False, "words": f"could not be played: {error!r}"}
                    traceback.print_exc()
        time.sleep(SETTLE_SECONDS)
        flows = watcher.stop()
        for each in played:
            score = judge(each, flows, stage.counted(each.port))
            good = score.seen and score.right == score.seen and score.off < 0.01
            found[each.scenario.name] = {
                "absent": each.absent, "good": bool(good), "seen": score.seen, "right": score.right,
                "wrong": score.wrong, "off": score.off, "words": score.words,
            }  # fmt: skip
        found["notes"] = "".join(watcher.notes)
    return found


def suites() -> Report:
    """The kernel's tests, as they stand in the repository."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-v",
        "-rfEs",
        "--durations=15",
        "--timeout=300",
        "-m",
        "kernel",
        *SUITES,
    ]
    log = OUT / "suites.log"  # as it grows: a run that is cut says how far it came
    with log.open("w") as said:
        subprocess.run(words, stdout=said, stderr=subprocess.STDOUT, check=False)
    lines = log.read_text().splitlines()
    return {
        "failed": [line for line in lines if line.startswith(("FAILED", "ERROR"))],
        "skipped": [line for line in lines if line.startswith("SKIPPED")],
        "last": lines[-1].strip("= ") if lines else "",
    }


# Until it is told to end: an emulated machine may take long to look.
TALK = """
import socket, sys, threading, time
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0))
ours = socket.create_connection(listener.getsockname())
theirs, _ = listener.accept()
while not over.wait(0.5):
    ours.send(b"x"); theirs.recv(1)
"""


def fallback(*prefix: str) -> Report:
    """``procwire watch`` where the programs cannot run: what it says, and whether the owner is right."""
    words = [*prefix, sys.executable, "-m", "procwire", "watch", "-i", "lo", "--json", "--every", "2s"]
    notes, said = Path("/tmp/notes"), Path("/tmp/said")
    with notes.open("w") as errors, said.open("w") as output:
        watcher = subprocess.Popen(words, stdout=output, stderr=errors, text=True)
    _wait(lambda: "watching" in notes.read_text())
    talker = subprocess.Popen([sys.executable, "-S", "-c", TALK], stdin=subprocess.PIPE)
    assert talker.stdin is not None
    _wait(lambda: f'"pid":{talker.pid},' in said.read_text())
    talker.stdin.close()
    talker.wait()
    time.sleep(SETTLE_SECONDS)
    watcher.send_signal(signal.SIGINT)
    watcher.wait(timeout=120)
    flows = [json.loads(line) for line in said.read_text().splitlines() if '"event":"end"' in line]
    right = [flow for flow in flows if flow.get("pid") == talker.pid]
    sources = sorted({flow.get("owner_source", "") for flow in right})
    reasons = sorted({flow.get("owner_reason", "") for flow in flows if flow not in right})
    return {
        "said": notes.read_text().strip(), "flows": len(flows), "right": len(right), "sources": sources,
        "reasons": reasons,
    }  # fmt: skip


def _wait(told: Callable[[], bool]) -> None:
    """Until it is so, or there is no more hope; the report says which."""
    end = time.monotonic() + READY_SECONDS
    while not told() and time.monotonic() < end:
        time.sleep(0.2)


def without_btf() -> Report:
    """As on a kernel built without BTF: its file is hidden."""
    subprocess.run(["mount", "-t", "tmpfs", "none", "/sys/kernel/btf"], check=True)
    try:
        return fallback()
    finally:
        subprocess.run(["umount", "/sys/kernel/btf"], check=True)


def without_objects() -> Report:
    """As where the objects were not installed."""
    from procwire.bpf.loader import FOLDER

    hidden = [str(FOLDER / f"{name}.bpf.o") for name in ("owners", "account")]
    for path in hidden:
        subprocess.run(["mount", "--bind", "/dev/null", path], check=True)
    try:
        return fallback()
    finally:
        for path in hidden:
            subprocess.run(["umount", path], check=True)


def without_capability() -> Report:
    """Capture is allowed, BPF is not."""
    return fallback("setpriv", f"--bounding-set={KEEP}", f"--inh-caps={KEEP}")


def without_cgroups() -> Report:
    """As on a host with no cgroup v2 tree, and without the right to mount one."""
    subprocess.run(["umount", "/sys/fs/cgroup"], check=True)
    keep = f"{KEEP},+bpf,+perfmon"
    try:
        return fallback("setpriv", f"--bounding-set={keep}", f"--inh-caps={keep}")
    finally:
        subprocess.run(["mount", "-t", "cgroup2", "cgroup", "/sys/fs/cgroup"], check=True)


# One connection, and over.
SHORT = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
ours = socket.create_connection(listener.getsockname())
theirs, _ = listener.accept()
ours.send(b"x"); theirs.recv(1); ours.close(); theirs.recv(1); theirs.close()
"""


def clock_steps() -> Report:
    """The machine's clock is set under a watch that stores: flows keep their owners, and no time is odd."""
    notes, said, store = Path("/tmp/step-notes"), Path("/tmp/step-said"), Path("/tmp/step-store")
    words = [sys.executable, "-m", "procwire", "watch", "-i", "lo", "--json", "--store", str(store)]
    with notes.open("w") as errors, said.open("w") as output:
        watcher = subprocess.Popen(words, stdout=output, stderr=errors, text=True)
    _wait(lambda: "watching" in notes.read_text())
    talker = subprocess.Popen([sys.executable, "-S", "-c", TALK], stdin=subprocess.PIPE)
    assert talker.stdin is not None
    _wait(lambda: f'"pid":{talker.pid},' in said.read_text())
    pids = []
    for step in (0, *STEPS):
        time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
        time.sleep(SETTLE_SECONDS)
        with subprocess.Popen([sys.executable, "-S", "-c", SHORT]) as short:
            pids.append(short.pid)
        _wait(lambda: f'"pid":{pids[-1]},' in said.read_text())
    talker.stdin.close()
    talker.wait()
    time.sleep(SETTLE_SECONDS)
    watcher.send_signal(signal.SIGINT)
    code = watcher.wait(timeout=300)
    flows = [json.loads(line) for line in said.read_text().splitlines() if '"event":"end"' in line]
    stored = len(_command("history", "--store", str(store), "--json")[0])
    return judged_steps(flows, [*pids, talker.pid], code, stored) | {"said": notes.read_text()[-500:]}


def judged_steps(flows: list[Report], pids: list[int], code: int, stored: int) -> Report:
    """``pids``: of a short flow before the first step and after each, and of one that went on throughout."""
    ends = [[flow for flow in flows if flow.get("pid") == pid] for pid in pids]
    once = all(len(each) == 1 for each in ends)
    short = [each[0] for each in ends[:-1]] if once else []
    starts = [_instant(flow["start"]) for flow in short]
    moved = [after - before for before, after in pairwise(starts)]
    told = all(abs(found - step) < STEP_SLACK for found, step in zip(moved, STEPS, strict=False))
    whole = all(0 <= flow["duration"] < STEP_SLACK for flow in short) and all(
        flow.get("duration", 0) >= 0 for flow in flows
    )
    return {
        "good": once and told and whole and code == 0 and stored >= len(pids), "code": code, "stored": stored,
        "ends": [len(each) for each in ends], "moved": moved,
        "durations": [flow.get("duration") for flow in flows],
    }  # fmt: skip


def _instant(text: str) -> float:
    """Seconds since 1970 of a time as JSON has it."""
    return datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()


def killed() -> Report:
    """What is attached after SIGKILL."""
    from tests.bpf.kernel import links, programs

    before = (programs(), links())
    words = [sys.executable, "-m", "procwire", "watch", "-i", "lo"]
    watcher = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert watcher.stderr is not None
    while b"watching" not in watcher.stderr.readline():
        continue
    during = len(programs() - before[0])
    watcher.kill()
    watcher.wait()
    end = time.monotonic() + 20
    while programs() != before[0] and time.monotonic() < end:
        time.sleep(0.2)
    return {"during": during, "left": len(programs() - before[0]), "links": len(links() - before[1])}


def sandbox() -> Report:
    """Every attempt to get out of each cell, what this kernel does not have, and that strict refuses then."""
    from procwire.sandbox import profile
    from procwire.sandbox.confine import confine

    def lacking() -> list[str]:
        return sorted(each.name for each in confine(profile.plan_of("engine", "best-effort")).missing)

    cells, parts = {}, []
    for process in profile.PROCESSES:
        rows = [json.loads(line) for line in _command("sandbox-test", "--process", process, "--json")[0]]
        cells[process] = {
            "tried": len(rows), "needed": sum(row["verdict"] == "needed" for row in rows),
            "out": [f"{row['group']}/{row['name']}" for row in rows if row["verdict"] == "NOT BLOCKED"],
        }  # fmt: skip
        parts.append(bool(rows) and set(cells[process]["out"]) <= OPEN.get(process, set()))
    missing, expected = apart(lacking), young_measures(platform.release())
    _, refused, code = _command("sandbox-test", "read-shadow", "--process", "engine", "--sandbox", "strict")
    strict = code != 0 and all(name in refused for name in expected) if expected else code == 0
    return {
        "cells": cells, "missing": missing, "expected": expected, "strict": refused.strip()[-300:],
        "good": all(parts) and missing == expected and strict,
    }  # fmt: skip


def young_measures(release: str) -> list[str]:
    """What docs/sandbox.md says that a kernel does not have."""
    number = tuple(map(int, re.findall(r"\d+", release)[:2]))
    since = {"landlock-files": (5, 13), "landlock-scopes": (6, 12), "landlock-tcp": (6, 7)}
    return sorted(name for name, first in since.items() if number < first)


def apart(work: Callable[[], Any]) -> Any:
    """What a child answers that is not this process any more afterwards."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        told = answer.read()
    os.waitpid(pid, 0)
    return json.loads(told)


def _command(*words: str) -> tuple[list[str], str, int]:
    """Lines, complaints and exit code of a command of procwire."""
    done = subprocess.run(
        [sys.executable, "-m", "procwire", *words], capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines(), done.stderr, done.returncode


def shaping() -> Report:
    """Networks made bad by netem, with this kernel's own."""
    from tests.vm.netem import scenes

    return scenes()


def main(words: list[str]) -> int:
    """Every part; one that fails says so and the others go on."""
    folder = Path(words[0])
    parts: dict[str, Callable[[], Any]] = {
        "programs": programs,
        "attribution": lambda: attribution(folder),
        "without BTF": without_btf,
        "without the objects": without_objects,
        "without CAP_BPF": without_capability,
        "without cgroup v2": without_cgroups,
        "after SIGKILL": killed,
        "sandbox": sandbox,
        "clock steps": clock_steps,
        "shaping": shaping,
        "suites": suites,
    }
    report: Report = {"release": platform.release(), "version": platform.version()}
    wanted = words[1] if len(words) > 1 else ""
    for name, part in parts.items():
        if not re.search(wanted, name):
            continue
        started = time.monotonic()
        try:
            report[name] = part()
        except Exception:
            report[name] = {"error": traceback.format_exc()}
            traceback.print_exc()
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
        (OUT / "report.json").write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

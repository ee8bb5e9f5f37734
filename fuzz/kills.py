"""A daemon whose processes are killed at random moments: nothing stays behind, and little is lost.

``python -m fuzz.kills [--times N] [--seconds S] [--seed N]`` (root). Each time a daemon with a store
and a ledger watches a loopback with traffic, a face hangs on it, and SIGKILL meets one of them at a random
moment after its start: the engine, the warden, the scribe, the one that stays, or the face.

Invariants: the others go on, or a new pair begins and says why, or all end; the store is whole, and holds
each row that it held before the kill; the ledger verifies; a new daemon starts in the same place; when all
have ended no process, program or link of theirs is left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.bpf.kernel import links, programs
from tests.lab import Host, Lab, wait_for, why_not
from tests.scenes.daemons import SOURCE, Daemon, children, is_over

VICTIMS = ("engine", "warden", "scribe", "daemon", "face")
NAMES = {"warden": "procwire:warden", "scribe": "procwire:ledger"}
TALK = """
import socket, time
s = socket.create_server(("127.0.0.1", 0))
while True:
    c = socket.create_connection(s.getsockname()); a, _ = s.accept()
    c.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"); a.recv(99)
    a.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n"); c.recv(99)
    c.close(); a.close(); time.sleep(0.01)
"""
MOMENT_SECONDS = 3.0  # after READY at the latest
PATIENCE = 60.0


def rows(folder: Path) -> int:
    """Flows in the store, which must be whole."""
    path = folder / "st" / "history.db"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as store:
        assert store.execute("PRAGMA quick_check").fetchone() == ("ok",)
        tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
        return int(store.execute("SELECT count(*) FROM flow").fetchone()[0]) if "flow" in tables else 0


def family(daemon: Daemon) -> list[int]:
    """The daemon's processes, the one that stays first."""
    found = [int(daemon.program.pid)]
    for pid in found:
        found += children(pid)
    return found


def victim(daemon: Daemon, face: subprocess.Popen[bytes], name: str) -> int:
    """Its pid; 0 where it is not there (yet)."""
    if name in ("daemon", "face"):
        return int(face.pid if name == "face" else daemon.program.pid)
    engines = children(daemon.program.pid)
    if name == "engine" or not engines:
        return engines[0] if engines else 0
    for pid in children(engines[0]):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == NAMES[name][:15]:
                return pid
    return 0


def killed(host: Host, folder: Path, name: str, choose: random.Random) -> str:
    """One daemon and one kill; what came of it."""
    daemon = Daemon(host, folder, "--ledger", str(folder / "led"))
    early = choose.random() < 0.25
    if not early:
        daemon.hear("READY=1")
    face = host.start(
        sys.executable, "-m", "procwire", "watch", "--socket", daemon.path, "--json",
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    time.sleep(choose.random() * MOMENT_SECONDS)
    before, pid = rows(folder), victim(daemon, face, name)
    everybody = {*family(daemon), face.pid}
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    outcome = _aftermath(daemon, name if pid else "", early=early)
    everybody |= set(family(daemon))
    daemon.end()
    face.terminate()
    face.wait(20)
    wait_for(lambda: all(is_over(one) for one in everybody), seconds=PATIENCE, what="the end of all")
    (folder / "n").unlink()
    assert rows(folder) >= before, f"{before} rows were stored, {rows(folder)} are left"
    if (folder / "led" / "records.jsonl").exists():
        _verified(folder / "led")
    return outcome


def _verified(ledger: Path) -> None:
    words = [sys.executable, "-m", "procwire", "ledger", "verify", str(ledger)]
    done = subprocess.run(
        words, env=os.environ | {"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 4), done.stdout + done.stderr


def _aftermath(daemon: Daemon, name: str, *, early: bool) -> str:
    """What the others do, which is waited for."""
    if name == "daemon":
        daemon.program.wait(PATIENCE)
        return "all ended"
    if name in ("engine", "warden") and not early:
        said = ("was ended by SIGKILL", "it has ended: nothing can be asked")[name == "warden"]
        wait_for(lambda: said in daemon.log, seconds=PATIENCE, what=f"the word that {name} {said}")
        again = "a new one begins"
        wait_for(lambda: again in daemon.log, seconds=PATIENCE, what="the word of a new one")
        return "said, and begun anew"
    if name == "scribe" and not early:
        wait_for(lambda: "the scribe has ended" in daemon.log, seconds=PATIENCE, what="the word of it")
        return "said, and went on"
    assert early or daemon.program.poll() is None, daemon.log
    return "went on"


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    # One takes 5 s, and 20 s on two cores that others use as well: 200 of them must not meet a limit then.
    parser.add_argument("--seconds", type=float, default=7200, help="begin no further one after so long")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if why_not():
        print(f"fuzz.kills: not run: {why_not()}", file=sys.stderr)
        return 0
    choose, seen = random.Random(options.seed), Counter[str]()
    before, end, number = (programs(), links()), time.monotonic() + options.seconds, 0
    with Lab() as lab, tempfile.TemporaryDirectory() as place:
        host = lab.host("a")
        talk = host.start(sys.executable, "-S", "-c", TALK)
        while number < options.times and time.monotonic() < end:
            name = VICTIMS[number % len(VICTIMS)]
            try:
                outcome = killed(host, Path(place), name, choose)
            except BaseException:
                print(f"seed {options.seed}, time {number}: {name}", file=sys.stderr)
                print((Path(place) / "log").read_text(encoding="utf-8")[-2000:], file=sys.stderr)
                raise
            seen[f"{name}: {outcome}"] += 1
            number += 1
            print(number, name, outcome, flush=True)
        talk.kill()
    wait_for(lambda: programs() <= before[0] and links() <= before[1], seconds=30, what="an empty kernel")
    print(f"{number} kills, seed {options.seed}: {dict(sorted(seen.items()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

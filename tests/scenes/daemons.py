"""A real daemon in a network namespace, for scenes that ask it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from procwire.api.client import Client
from tests.lab import Host, wait_for

SOURCE = Path(__file__).parents[2] / "src"


class Daemon:
    """``procwire daemon`` on a host's loopback; ``folder`` has its socket, store and log."""

    def __init__(
        self,
        host: Host,
        folder: Path,
        *words: str,
        before: tuple[str, ...] = (),
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.path = str(folder / "s")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(folder / "n"))
        self.manager.settimeout(40)
        environment = os.environ | {"PYTHONPATH": str(SOURCE), "NOTIFY_SOCKET": str(folder / "n")}
        self._log = (folder / "log").open("wb")
        self.program: Any = host.start(
            *prefix, sys.executable, "-m", "procwire", *before, "daemon", "--socket", self.path,
            "--store", str(folder / "st"), "-i", "lo", *words, env=environment, stderr=self._log,
        )  # fmt: skip

    def hear(self, word: str) -> None:
        """Wait until the service manager is told this."""
        while word not in self.manager.recv(4096).decode():
            pass

    def client(self) -> Client:
        """A face of it."""
        return Client(self.path, program="test")

    @property
    def log(self) -> str:
        """What it said so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def family(self) -> tuple[int, int]:
        """Its engine and warden, once there are some."""
        engine = wait_for(lambda: children(self.program.pid), what="an engine")[0]
        return engine, wait_for(lambda: children(engine), what="a warden")[0]

    def killed(self, which: int) -> tuple[int, int]:
        """Kill the engine (0) or the warden (1): those that come after them."""
        before, said = self.family, len(self.log)
        os.kill(before[which], signal.SIGKILL)

        def other() -> bool:
            found = children(self.program.pid)
            return bool(found) and found[0] != before[0] and "procwire: watching" in self.log[said:]

        wait_for(other, what="another engine")
        return self.family

    def end(self) -> tuple[int, float]:
        """Stop it: its exit code, and how long that took."""
        if self.program.poll() is None:
            self.program.send_signal(signal.SIGTERM)
        started = time.monotonic()
        code = self.program.wait(60)
        self.manager.close()
        self._log.close()
        return code, time.monotonic() - started


def children(pid: int) -> list[int]:
    """Its child processes."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [int(each) for each in found]


def is_over(pid: int) -> bool:
    """Whether a process has ended, waited for or not."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True

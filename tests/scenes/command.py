"""The real ``procwire watch --json`` inside a host of a lab: its lines, its last words, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.lab import Host, wait_for
from tests.scenes.lines import Line

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": ""}


class Command:
    """A watch that has begun; ``end`` ends it."""

    def __init__(self, host: Host, folder: Path, *words: str) -> None:
        self._out, self._err = folder / "watch.out", folder / "watch.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.program = host.start(sys.executable, "-m", "procwire", "watch", "--json", *words,
                                      stdout=out, stderr=err, env=ENVIRONMENT)  # fmt: skip
        wait_for(
            lambda: "watching" in self.words or self.program.poll() is not None,
            seconds=60, what="procwire watch",
        )  # fmt: skip

    @property
    def words(self) -> str:
        """What it has said on standard error."""
        return self._err.read_text(encoding="utf-8")

    def lines(self) -> list[Line]:
        """The whole lines it has written so far."""
        whole = self._out.read_text(encoding="utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def events(self, port: int) -> list[str]:
        """What was told of the flows to one port, in order."""
        return [line["event"] for line in self.lines() if line.get("dst_port") == port]

    def end(self, number: int = signal.SIGINT) -> tuple[int, float]:
        """Send a signal; its exit code, and the seconds it took to end."""
        started = time.monotonic()
        self.program.send_signal(number)
        code = self.program.wait(60)
        return code, time.monotonic() - started


def read_lines(path: Path, *words: str) -> list[Line]:
    """What ``procwire read --json`` says of a file."""
    done = subprocess.run(
        [sys.executable, "-m", "procwire", "read", "--json", *words, str(path)],
        capture_output=True, check=True, timeout=30, env=ENVIRONMENT,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]

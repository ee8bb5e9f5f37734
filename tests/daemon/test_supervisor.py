"""Engines that a test makes up: they end, hang, or cannot begin, and the one that stays sees to it."""

from __future__ import annotations

import io
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from procwire.api.gate import Gate, listen
from procwire.api.line import BEAT, ORDER, packet, unpack
from procwire.daemon import supervisor as room
from procwire.daemon.journal import Log
from procwire.daemon.notify import Notifier
from procwire.daemon.supervisor import Beat, Past, Supervisor
from tests.lab import wait_for


def beat(line: socket.socket, status: str = "well") -> None:
    line.send(packet(BEAT, 0, msgspec.msgpack.encode(Beat(status=status, flows=3, waiting=5))))


def good(line: socket.socket, _: Past) -> int:
    """Beats until it is asked to end."""
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(1))
    while not over:
        beat(line)
        time.sleep(0.02)
    return 0


class Stage:
    """A supervisor with its log, and what is done to it on a thread once it is ready."""

    def __init__(self, folder: Path, engine: Callable[[socket.socket, Past], int]) -> None:
        self.told = io.StringIO()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(folder / "n"))
        self.manager.settimeout(60)
        self.heard: list[str] = []
        self.orders = b"order"
        self.one = Supervisor(
            Gate(listen(str(folder / "s"))),
            engine,
            log=Log({}, sink=self.told),
            notifier=Notifier({"NOTIFY_SOCKET": str(folder / "n"), "WATCHDOG_USEC": "40000"}),
            reload=lambda: self.orders,
        )

    def hear(self, word: str) -> None:
        while True:
            self.heard.append(self.manager.recv(4096).decode())
            if word in self.heard[-1]:
                return

    def run(self, then: Callable[[], None]) -> int:
        thread = threading.Thread(target=then)
        thread.start()
        try:
            return self.one.run()
        finally:
            thread.join()
            self.manager.close()


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_it_says_when_it_is_ready_and_when_it_ends(tmp_path: Path) -> None:
    stage = Stage(tmp_path, good)

    def then() -> None:
        stage.hear("READY=1")
        stage.hear("WATCHDOG=1")
        stop()
        stage.hear("STOPPING=1")

    assert stage.run(then) == 0
    assert "STATUS=well" in stage.heard
    assert stage.one.engine == 0
    assert stage.told.getvalue() == "procwire: ready\n"


def test_an_engine_that_is_killed_is_started_again_and_its_loss_counted(tmp_path: Path) -> None:
    stage = Stage(tmp_path, good)

    def then() -> None:
        stage.hear("READY=1")
        first = stage.one.engine
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: stage.one.engine not in (0, first), what="another engine")
        stage.hear("WATCHDOG=1")
        wait_for(lambda: not stage.one.past.ended, what="its first beat")
        stop()

    assert stage.run(then) == room.INCOMPLETE
    past = stage.one.past
    assert (past.restarts, past.flows, past.rows, past.reason) == (1, 3, 5, "was ended by SIGKILL")
    assert past.blind > 0
    assert "3 flows that were open are cut off, 5 rows were not stored yet" in stage.told.getvalue()


def test_one_that_ends_again_and_again_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(line: socket.socket, _: Past) -> int:
        beat(line)
        time.sleep(0.05)
        return 7

    monkeypatch.setattr("procwire.daemon.restarts.FIRST_SECONDS", 0.01)
    stage = Stage(tmp_path, short)
    assert stage.run(lambda: stage.hear("READY=1")) == room.FAILURE
    assert stage.told.getvalue().count("ended with exit code 7") == 5
    assert stage.told.getvalue().endswith("given up\n")
    assert stage.one.past.flows == 0  # it ended by itself, and said its own last words


def test_one_that_cannot_begin_ends_all_with_its_code(tmp_path: Path) -> None:
    stage = Stage(tmp_path, lambda *_: 3)
    assert stage.run(lambda: None) == 3
    assert stage.told.getvalue() == ""  # the engine has said why


def test_one_that_is_killed_before_it_began_is_told_of(tmp_path: Path) -> None:
    def killed(*_: object) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    stage = Stage(tmp_path, killed)
    assert stage.run(lambda: None) == 1
    assert "the engine was ended by SIGKILL" in stage.told.getvalue()
    assert stage.told.getvalue().endswith(": it could not begin\n")


def test_an_engine_that_stops_at_a_defect_says_which(tmp_path: Path) -> None:
    def broken(*_: object) -> int:
        raise ValueError("no such thing")

    stage = Stage(tmp_path, broken)
    with (tmp_path / "log").open("w+", encoding="utf-8") as log:
        stage.one._log = Log({}, sink=log)
        assert stage.run(lambda: None) == room.FAILURE
        log.seek(0)
        first, *rest = log.read().splitlines()
        assert first == "procwire: error: the engine stopped at a defect: ValueError: no such thing"
        assert rest[0] == "procwire: Traceback (most recent call last):"


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(line: socket.socket, past: Past) -> int:
        if past.restarts:
            return good(line, past)
        beat(line)
        signal.pause()
        return 0

    monkeypatch.setattr(room, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(room, "TURN_SECONDS", 0.05)
    stage = Stage(tmp_path, hangs)

    def then() -> None:
        stage.hear("READY=1")
        wait_for(lambda: stage.one.past.restarts and not stage.one.past.ended, what="another engine")
        stop()

    assert stage.run(then) == room.INCOMPLETE
    assert "the engine has said nothing for" in stage.told.getvalue()


def test_sighup_sends_orders(tmp_path: Path) -> None:
    over: list[int] = []

    def obeys(line: socket.socket, past: Past) -> int:
        beat(line)
        while True:
            kind, _, data = unpack(line.recv(1000))
            if kind == ORDER:
                signal.signal(signal.SIGTERM, lambda *_: over.append(1))  # it may come with the next beat
                beat(line, data.decode())
                while not over:
                    time.sleep(0.02)
                return 0

    stage = Stage(tmp_path, obeys)

    def then() -> None:
        stage.hear("READY=1")
        os.kill(os.getpid(), signal.SIGHUP)
        stage.hear("RELOADING=1")
        stage.hear("STATUS=order")
        stop()

    assert stage.run(then) == 0

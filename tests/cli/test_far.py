"""``procwire ps`` and ``procwire sockets`` through a daemon: the rows that who looks here has."""

from __future__ import annotations

import csv
import json
import os
import socket
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from procwire.api.catalogue import Catalogue
from procwire.api.messages import SOCKET
from procwire.api.offers import Offer, flat
from procwire.cli import far
from procwire.cli.main import main
from procwire.engine.api import pictures
from procwire.model.host_tables import PROCESSES
from procwire.model.socket_tables import SOCKETS
from tests.api.serving import Engine, Served

Capsys = pytest.CaptureFixture[str]
PAINTED = {table.name: table for table in (PROCESSES, SOCKETS)}


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture(scope="module")
def daemon(listener: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    engine, painter = Engine(), pictures()
    rows = {name: list(painter.take(name)) for name in PAINTED}
    painter.close()
    reasons: list[str] = []
    engine.catalogue = Catalogue(
        Offer(table=flat(table), rows=partial(rows.__getitem__, name), reasons=lambda: tuple(reasons))
        for name, table in PAINTED.items()
    )
    made = Served(engine, tmp_path_factory.mktemp("far") / "s")
    made.reasons = reasons  # type: ignore[attr-defined]
    yield made
    made.stop()


def test_a_process_is_as_it_is_here(daemon: Served, capsys: Capsys) -> None:
    mine = ["--filter", f"pid == {os.getpid()}", "--json"]
    assert main(["ps", *mine, "--socket", daemon.path]) == 0
    said = capsys.readouterr()
    assert said.err == f"procwire: through {daemon.path}\n"
    assert main(["ps", *mine]) == 0
    there, here = json.loads(said.out), json.loads(capsys.readouterr().out)
    for column in ("schema", "pid", "ppid", "exe", "process", "start", "ancestors", "user", "cmdline"):
        assert there[column] == here[column], column


def test_a_tree_and_an_order(daemon: Served, capsys: Capsys) -> None:
    words = ["ps", "--socket", daemon.path, "--columns", "pid,process"]
    assert main([*words, "--tree", "--filter", f"pid == {os.getpid()}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[0]) for line in lines[1:]][-2:] == [os.getppid(), os.getpid()]
    assert "└─ " in lines[-1]
    assert main([*words, "--csv", "--sort", "pid"]) == 0
    pids = [int(row["pid"]) for row in csv.DictReader(capsys.readouterr().out.splitlines())]
    assert pids == sorted(pids, reverse=True)
    assert os.getpid() in pids


def test_sockets_with_who_has_them(daemon: Served, listener: socket.socket, capsys: Capsys) -> None:
    port = listener.getsockname()[1]
    words = ["sockets", "--json", "--socket", daemon.path, "--filter", f"src_port == {port}"]
    assert main([*words, "--listening"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["state"], row["pid"], row["owner_confidence"]) == ("listen", os.getpid(), "exact")
    assert main([*words, "--connected"]) == 0
    assert capsys.readouterr().out == ""


def test_what_is_not_all_is_said(daemon: Any, capsys: Capsys) -> None:
    daemon.reasons.append("the warden did not answer in time")
    try:
        for command in ("ps", "sockets"):
            assert main([command, "--csv", "--socket", daemon.path]) == 4
            assert "the warden did not answer in time" in capsys.readouterr().err
    finally:
        daemon.reasons.clear()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["ps", "--hash"], 2, "--hash does not go"),
        (["ps", "--events"], 2, "--events are heard here"),
        (["ps", "--columns", "nope"], 2, "nope is not a column"),
        (["sockets", "--unix"], 2, "--hash and --unix do not go"),
    ],
)
def test_what_only_who_looks_can_have(
    daemon: Served, words: list[str], code: int, said: str, capsys: Capsys
) -> None:
    assert main([*words, "--socket", daemon.path]) == code
    assert said in capsys.readouterr().err


def test_without_a_daemon_it_is_said(tmp_path: Path, capsys: Capsys) -> None:
    for command in ("ps", "sockets"):
        assert main([command, "--socket", str(tmp_path / "no")]) == 1
        assert "no daemon listens there" in capsys.readouterr().err


def test_who_is_asked(daemon: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Namespace(attach=False, socket="")
    assert far.daemon_for(plain, own=False) == ""  # root looks itself
    assert far.daemon_for(Namespace(attach=True, socket=""), own=False) == SOCKET
    monkeypatch.setattr(far, "SOCKET", daemon.path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert far.daemon_for(plain, own=False) == daemon.path
    assert far.daemon_for(plain, own=True) == ""

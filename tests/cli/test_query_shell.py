"""The shell of procwire query: statements, commands, completion, a file of history that is ours alone."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.query_shell import Completer, Shell
from procwire.store.asking import QueryError
from tests.cli.program import environment


class Asked:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.listed = 0

    def answer(self, text: str) -> int:
        self.texts.append(text)
        if "wrong" in text:
            raise QueryError("no such thing", usage=True)
        return 0

    def list_tables(self) -> int:
        self.listed += 1
        return 0


def reader(*lines: str) -> Callable[[str], str]:
    waiting = list(lines)

    def read(_: str) -> str:
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return read


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("procwire.cli.query_shell.state_directory", lambda: tmp_path / "state")
    return tmp_path / "state"


def test_a_statement_ends_with_a_semicolon_and_a_wrong_one_ends_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = Asked()
    assert Shell(asked, reader("SELECT", "  1;", "", "wrong;", "SELECT 2;", "SELECT 3")).run() == 0
    assert asked.texts == ["SELECT\n  1", "wrong", "SELECT 2"]
    assert "no such thing" in capsys.readouterr().err


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    assert Shell(asked, reader(".tables", ".help", ".nothing", ".quit", "SELECT 1;")).run() == 0
    assert (asked.listed, asked.texts) == (1, [])
    assert capsys.readouterr().out.count(".columns TABLE") == 3


def test_completion() -> None:
    complete = Completer(["flow", "flow_id", "bytes"])
    assert [complete("fl", state) for state in range(3)] == ["flow", "flow_id", None]
    assert complete("SEL", 0) == "SELECT"
    assert complete("sel", 0) == "select"


def test_on_a_terminal(tmp_path: Path) -> None:
    """The real thing: a prompt, an answer, the end; and its history is readable by nobody else."""
    main, terminal = pty.openpty()
    env = {**environment(), "XDG_STATE_HOME": str(tmp_path), "TERM": "dumb", "HOME": str(tmp_path)}
    program = (
        "import procwire.store.place as p; p.SYSTEM = %r; from procwire.cli.main import main; main(['query'])"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program % str(tmp_path / "procwire")],
        stdin=terminal, stdout=terminal, stderr=terminal, env=env, close_fds=True,
    )  # fmt: skip
    os.close(terminal)
    try:
        told = _until(main, b"procwire> ")
        os.write(main, b"SELECT 40 + 2 AS x;\n")
        told += _until(main, b"42")
        os.write(main, b".quit\n")
        assert child.wait(30) == 0
    finally:
        child.kill()
        os.close(main)
    history = tmp_path / "procwire" / "query_history"
    assert "SELECT 40 + 2" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o777 == 0o600


def _until(fd: int, wanted: bytes) -> bytes:
    told, end = b"", time.monotonic() + 30
    while wanted not in told:
        ready: list[Any] = select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]
        assert ready, told
        told += os.read(fd, 4096)
    return told

"""``procwire top``: its words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import parser, usual
from procwire.cli.top import show
from procwire.engine.options import EngineError
from procwire.tui.app import Terminal
from tests.cli.program import HTTP, run
from tests.tui.fake import FakeHost


def test_without_a_terminal_it_says_what_writes_lines() -> None:
    done = run("top")
    assert done.returncode == 2
    assert b"procwire watch" in done.stderr


def test_its_words_are_parsed() -> None:
    found = parser("top").parse_args(["top", "trace.pcap", "--theme", "mono", "--ascii"])
    assert (found.files, found.theme, found.ascii) == (["trace.pcap"], "mono", True)


def test_lines_are_usual_where_there_is_no_terminal() -> None:
    assert usual() == "watch"


def test_typed_words_need_no_terminal() -> None:
    done = run("top", "--plain", str(HTTP), input=b"flows app == http\nopen 1\nquit\n")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "10 in all." in text
    assert "owner_reason: read from a file" in text


def test_without_textual_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "procwire.tui.app", None)
    arguments = parser("top").parse_args(["top", "--theme", "mono"])
    with pytest.raises(EngineError, match=r"procwire\[tui\]"):
        show(object(), arguments)  # type: ignore[arg-type]


def test_ascii_is_of_one_run_and_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[tuple[bool, bool]] = []

    class Shown(Terminal):
        def run(self, *_: Any, **__: Any) -> int:
            seen.append((self.looking.ascii_only, self.settings.ascii))
            return 0

    monkeypatch.setattr("procwire.tui.app.Terminal", Shown)
    monkeypatch.setattr("procwire.tui.terminal.ascii_only", lambda _: False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        for words in (["--ascii"], []):
            arguments = parser("top").parse_args(["top", *words])
            assert show(FakeHost(3), arguments) == 0
    assert seen == [(True, False), (False, False)]

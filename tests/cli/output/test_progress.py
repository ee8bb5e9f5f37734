from __future__ import annotations

import io
import sys

import pytest

from procwire.cli.output.progress import Progress


def test_no_terminal_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    progress = Progress()
    progress.show(5, 10)
    progress.close()
    assert progress.quiet
    assert progress.bar is None


def test_asked_for_it_shows_at_once_and_goes_away(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(True)
    progress.show(5, 10)
    assert progress.bar is not None
    progress.show(10, None)
    progress.close()
    assert progress.bar is None
    assert capsys.readouterr().out == ""


def test_a_short_reading_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress()
    progress.show(5, 10)
    assert not progress.quiet
    assert progress.bar is None

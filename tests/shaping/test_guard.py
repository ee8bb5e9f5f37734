from __future__ import annotations

from pathlib import Path

import pytest

from procwire.shaping import guard
from procwire.shaping.failure import ShapingError
from procwire.shaping.watchdog import SOCKET
from tests.shaping.stage import end_watchdog


def test_where_none_runs_there_is_no_answer(tmp_path: Path) -> None:
    assert guard.ask(tmp_path) is None
    (tmp_path / SOCKET).write_text("")
    assert guard.ask(tmp_path) is None


def test_what_is_not_held_must_not_be_done(tmp_path: Path) -> None:
    with pytest.raises(ShapingError, match="nothing is shaped that nobody would put back"):
        guard.hold(tmp_path, "00000000")
    end_watchdog(tmp_path)


def test_one_that_cannot_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MODULE", "procwire.shaping.does_not_exist")
    with pytest.raises(ShapingError, match="did not start"):
        guard.start(tmp_path)


def test_what_lies_where_root_happens_to_be_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "json.py").write_text("import pathlib; pathlib.Path(__file__).with_name('sprung').touch()")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    monkeypatch.chdir(trap)
    guard.start(state)
    assert guard.ask(state) is not None
    end_watchdog(state)
    assert not (trap / "sprung").exists()

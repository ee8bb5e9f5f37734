from __future__ import annotations

from pathlib import Path

import pytest

from procwire.shaping import guard
from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import Journal
from procwire.shaping.requests import Held, Look, Restore
from procwire.shaping.watchdog import SOCKET
from tests.shaping.stage import end_watchdog


def test_where_none_runs_there_is_no_answer(tmp_path: Path) -> None:
    assert guard.ask(tmp_path) is None
    (tmp_path / SOCKET).write_text("")
    assert guard.ask(tmp_path) is None


def test_where_nobody_would_put_it_back_nothing_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "start", lambda folder: None)
    with (
        guard.Line(tmp_path) as line,
        pytest.raises(ShapingError, match="nothing is shaped that nobody would put back"),
    ):
        line.have(Look())


def test_a_refusal_is_an_error_and_the_line_goes_on(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    with guard.Line(tmp_path) as line:
        with pytest.raises(ShapingError, match="not shaped any more"):
            line.have(Restore("00000000"))
        assert isinstance(line.have(Look()), Held)
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


def test_a_line_is_made_anew_when_another_warden_answers(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    with guard.Line(tmp_path) as line:
        first = line.have(Look())
        end_watchdog(tmp_path)
        assert line.ask(Look()) is None
        second = line.have(Look())
        assert isinstance(first, Held)
        assert isinstance(second, Held)
        assert (second.held, second.pid != first.pid) == ([], True)
    end_watchdog(tmp_path)

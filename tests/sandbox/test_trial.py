"""The trial of the cell: what is refused, and that it tells the difference."""

from __future__ import annotations

import pytest

from procwire.model.confinement import BLOCKED, NEEDED, NOT_BLOCKED
from procwire.sandbox import profile, trial
from procwire.sandbox.attempts.attempt import Attempt, Stage
from procwire.sandbox.plan import BEST_EFFORT, OFF
from procwire.sandbox.syscalls import SandboxError

NAMES = ("read-file", "execute", "bpf")


def test_inside_nothing_works_that_works_outside() -> None:
    rows = list(trial.trial(lambda: profile.reader(BEST_EFFORT, quiet=True), NAMES))
    assert [(row.name, row.verdict, row.outside) for row in rows] == [
        (name, BLOCKED, "possible") for name in NAMES
    ]
    assert [row.how for row in rows] == ["Permission denied", "Operation not permitted", "ended by SIGSYS"]


def test_without_a_cell_it_says_so() -> None:
    rows = list(trial.trial(lambda: profile.reader(OFF), NAMES))
    assert [row.verdict for row in rows] == [NOT_BLOCKED] * len(NAMES)


def test_every_attempt_has_a_name_of_its_own() -> None:
    names = [attempt.name for attempts in trial.GROUPS.values() for attempt in attempts]
    assert len(names) == len(set(names)) > 70
    assert not set(names) & set(trial.GROUPS)


def _defect(_stage: Stage) -> None:
    raise KeyError("x")


def test_a_defect_of_an_attempt_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trial.GROUPS, "files", (Attempt("odd", "fail oddly", _defect),))
    with pytest.raises(SandboxError, match="odd: KeyError"):
        list(trial.trial(lambda: profile.reader(OFF), ("odd",)))


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(trial, "SECONDS", 0.05)
    monkeypatch.setitem(trial.GROUPS, "files", (Attempt("slow", "wait", lambda _: time.sleep(30)),))
    (row,) = trial.trial(lambda: profile.reader(OFF), ("slow",))
    assert (row.verdict, row.how) == (BLOCKED, "ended by SIGKILL")


def test_attempts_by_name() -> None:
    rows = list(trial.attempts(BEST_EFFORT, ("execute",)))
    assert [(row.name, row.verdict) for row in rows] == [("execute", BLOCKED)]
    assert {"execute", "files"} <= trial.names()


def test_what_a_process_must_be_able_to_is_told_apart() -> None:
    rows = list(trial.attempts(BEST_EFFORT, ("execute", "bpf", "fork-bomb", "change-program"), "daemon"))
    assert {row.name: row.verdict for row in rows} == {
        "execute": BLOCKED, "bpf": NEEDED, "fork-bomb": NEEDED, "change-program": NOT_BLOCKED,
    }  # fmt: skip

from __future__ import annotations

import pytest

from procwire.doctor import checks as doctor
from procwire.model.rows import Check


def test_every_check_answers_with_a_known_status() -> None:
    answers = doctor.examine()
    running = [answer for answer in answers if answer.name.startswith("process ")]  # of procwire, if any runs
    assert len(answers) == len(doctor.CHECKS) + len(running)
    assert {answer.status for answer in answers} <= {"ok", "degraded", "missing"}
    assert len({answer.name for answer in answers}) == len(answers)


def test_what_is_not_ok_says_why() -> None:
    for answer in doctor.examine():
        assert answer.detail, answer.name


def test_uncompiled_modules_are_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_runs_from_source", lambda name: name.endswith("packet.decode"))
    wanted, slow = doctor.compiled_modules()
    assert slow == ["procwire.packet.decode"]
    assert "procwire.model.flow" in wanted
    (check,) = [answer for answer in doctor.examine() if answer.name == "compiled"]
    assert check.status == "degraded"
    assert "procwire.packet.decode" in check.detail
    assert check.remedy


def test_a_check_that_fails_itself_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def _broken() -> Check:
        raise OSError("no such luck")

    monkeypatch.setattr(doctor, "CHECKS", (_broken,))
    found = [answer for answer in doctor.examine() if not answer.name.startswith("process ")]
    assert found == [Check(name="broken", status="missing", detail="no such luck")]

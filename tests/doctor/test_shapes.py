from __future__ import annotations

import pytest

from procwire.doctor import shapes
from procwire.shaping import catching
from procwire.shaping.abilities import Abilities
from procwire.shaping.failure import ShapingError
from tests.shaping.stage import FULL, HERE


def answer(monkeypatch: pytest.MonkeyPatch, able: Abilities) -> tuple[str, str, str]:
    monkeypatch.setattr("procwire.shaping.probe.probe", lambda: able)
    check = shapes.shaping()
    return check.status, check.detail, check.remedy


def test_a_kernel_with_everything_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching, "why_not", str)
    assert answer(monkeypatch, FULL)[0] == "ok"


def test_what_is_lacking_is_told_with_what_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    status, detail, remedy = answer(monkeypatch, HERE)
    assert status == "degraded"
    assert "no netem (CONFIG_NET_SCH_NETEM), so no delay, loss" in detail
    assert "shape run" in detail
    assert "it has htb, tbf" in detail
    assert "sch_netem" in remedy


def test_a_kernel_that_does_not_tell_whose_a_packet_is_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching, "why_not", lambda: "what / receives cannot be told apart: no BTF")
    status, detail, _ = answer(monkeypatch, FULL)
    assert status == "degraded"
    assert "no BTF, so no shaping what a process, unit or cgroup receives" in detail


def test_without_rights_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Abilities:
        raise ShapingError("it needs CAP_SYS_ADMIN")

    monkeypatch.setattr("procwire.shaping.probe.probe", refuse)
    check = shapes.shaping()
    assert (check.status, check.detail) == ("degraded", "it needs CAP_SYS_ADMIN")

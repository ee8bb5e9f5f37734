from __future__ import annotations

import os
from pathlib import Path

import pytest

import procwire
from procwire.shaping import context
from procwire.shaping.failure import InvalidError
from tests.lab import pair
from tests.shaping.stage import HERE, end_watchdog, needs_lab, shown


@pytest.mark.kernel
@needs_lab
def test_a_network_is_bad_for_the_length_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procwire.shaping.session.probe", lambda: HERE)
    with pair() as (_, left, _right):
        with context.impair(
            f"namespace:{left.name}", egress_rate="8mbit", lease="5m", state=tmp_path / "s"
        ) as entry:
            assert entry.owner is not None
            assert entry.owner.pid == os.getpid()
            assert "tbf" in {each["kind"] for each in shown(left, "qdisc", "show")}
        assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}
        with (
            pytest.raises(ZeroDivisionError),
            context.impair(f"namespace:{left.name}", rate="8mbit", state=tmp_path / "s"),
        ):
            raise ZeroDivisionError
        assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}
    end_watchdog(tmp_path / "s")


def test_words_are_checked_before_anything_is_done() -> None:
    with pytest.raises(InvalidError, match="loss"), context.impair("eth0", loss="3"):
        raise AssertionError
    assert getattr(procwire, "impair") is context.impair  # noqa: B009
    with pytest.raises(AttributeError, match="nothing"):
        getattr(procwire, "nothing")  # noqa: B009

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from procwire.shaping.journal import Entry
from tests.lab import Host, Lab
from tests.shaping.stage import HERE, end_watchdog, needs_lab, shown

pytestmark = [pytest.mark.kernel, needs_lab]
left_over: list[tuple[Lab, Host, Path]] = []


@pytest.mark.usefixtures("impair")
def test_a_test_shapes_as_often_as_it_likes(
    impair: Callable[..., Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("procwire.shaping.session.probe", lambda: HERE)
    lab = Lab()
    host = lab.host("fixture")
    left_over.append((lab, host, tmp_path / "s"))
    for rate in ("8mbit", "4mbit"):
        impair(f"namespace:{host.name}/lo", rate=rate, direction="egress", state=tmp_path / "s")
    (root,) = [each for each in shown(host, "qdisc", "show") if each.get("root")]
    assert root["options"]["rate"] == 500_000


def test_when_it_is_over_everything_is_put_back() -> None:
    for lab, host, state in left_over:
        assert {each["kind"] for each in shown(host, "qdisc", "show")} == {"noqueue"}
        end_watchdog(state)
        lab.__exit__()
    left_over.clear()
    assert {each.name for each in entry_points(group="pytest11")} >= {"procwire"}

"""Orders from a screen, on the road of the commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.alerts.outbox import Outbox
from procwire.alerts.review import Review
from procwire.cli import acting
from procwire.cli.acting import Acting, alert_of, scenario_of, shape, words_of
from procwire.model.finding import Finding
from procwire.tui.host import HostError
from tests.alerts.samples import FINDING, NOW

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to ask the kernel's queues")
SCENARIO = """\
name = "narrow"
[[track]]
target = "lo"
  [[track.step]]
  for = "5s"
  rate = "10mbit"
"""


def test_an_order_that_nobody_knows_is_refused() -> None:
    with pytest.raises(HostError, match="dance"):
        Acting().do("dance", {})


@ROOT
def test_a_plan_says_what_would_be_done_and_does_nothing() -> None:
    said = Acting().do("planned", {"words": ["lo", "--rate", "2mbit"]})
    assert "lo (egress)" in said
    assert "put-qdisc" in said


@ROOT
def test_the_commands_own_words_refuse() -> None:
    with pytest.raises(HostError, match="nothing would be changed"):
        Acting().do("planned", {"words": ["lo"]})
    with pytest.raises(HostError, match="percent"):
        Acting().do("planned", {"words": ["lo", "--loss", "3 percent"]})
    with pytest.raises(HostError, match="unrecognized"):
        shape(["set", "lo", "--dance"])


def test_words_are_a_list() -> None:
    assert words_of({"words": ("eth0", 3)}) == ["eth0", "3"]
    with pytest.raises(HostError):
        words_of({"words": "eth0"})


def test_a_timeline_is_drawn_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "narrow.toml"
    path.write_text(SCENARIO)
    said = Acting().do("timeline", {"path": str(path)})
    assert "narrow: 5s, once" in said
    assert scenario_of({"path": "x", "target": "eth0"}) == ["x", "--target", "eth0"]


def test_a_scenario_that_is_wrong_is_not_started(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text("name = 3\n")
    made = Acting()
    with pytest.raises(HostError, match="odd"):
        made.play({"path": str(path)})
    assert made.said() == []
    made.close()


def test_a_finding_is_acknowledged_where_its_alert_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "alerts.db"
    monkeypatch.setattr("procwire.alerts.file.outbox_file", lambda _: path)
    outbox = Outbox(path, {})
    outbox.enqueue(FINDING, now=NOW)
    outbox.close()
    row = {name: getattr(FINDING, name) for name in Finding.__struct_fields__}
    made = Acting()
    assert "acknowledged" in made.do("acknowledge", row)
    assert "suppressed" in made.do("suppress", row | {"note": "known"})
    with Review(path) as review:
        found = next(iter(review.alerts()))
        assert (found.state, found.why) == ("suppressed", "known")
        with pytest.raises(HostError, match="no alert was made"):
            alert_of(review, row | {"detector": "another"})


def test_alerts_that_are_kept_elsewhere_are_dealt_with_there(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "alerts.db", {})
    outbox.enqueue(FINDING, now=NOW)
    outbox.close()
    row = {name: getattr(FINDING, name) for name in Finding.__struct_fields__}
    assert Acting(alerts=str(tmp_path)).do("acknowledge", row).startswith("acknowledged alert ")
    with Review(tmp_path / "alerts.db") as review:
        (kept,) = review.alerts(most=1)
    assert kept.state == "acknowledged"


def test_without_an_outbox_it_says_what_would_keep_alerts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("procwire.alerts.file.outbox_file", lambda _: tmp_path / "none.db")
    with pytest.raises(HostError) as caught:
        Acting().do("suppress", {"detector": "scan"})
    assert caught.value.remedy == acting.WHERE

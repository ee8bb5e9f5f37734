"""Windows over new rows: found wherever the rows lie, once, whatever other rules do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from procwire.detect.rule import Rule
from procwire.hunting.hunter import HEALTH, MAX_SLOW, Hunter
from procwire.model.finding import Finding
from procwire.store.asking import Limits
from tests.detect.made import START
from tests.detect.test_rule import TABLES
from tests.hunting.stored import SECOND, failed, keep, rule

QUICK = Limits(seconds=0.05, rows=1000, heap_bytes=512 << 20)
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT sum(x) AS s FROM n, dns"


def looked(path: Path, rules: list[Rule], rows: list[Any]) -> list[Finding]:
    with Hunter(rules, TABLES, keep(path, rows)) as hunter:
        return list(hunter.step(0, all_due=True))


def test_what_lies_within_a_window_is_found_once(tmp_path: Path) -> None:
    (found,) = looked(tmp_path, [rule()], failed(0, 1, 2, 3, 4))
    assert (found.detector, found.source, found.count) == ("many", "10.0.0.5", 5)
    assert found.detail == "Many: src=10.0.0.5, n=5"
    assert found.first <= START
    assert found.complete == "complete"
    assert found.time - found.first == 600 * SECOND


def test_what_lies_too_far_apart_is_not(tmp_path: Path) -> None:
    assert looked(tmp_path, [rule()], failed(0, 400, 800, 1200, 1600)) == []
    few = failed(0, 1) + failed(2, 3, src="10.0.0.6")
    assert looked(tmp_path / "few", [rule()], few) == []


def test_hours_without_rows_cost_nothing(tmp_path: Path) -> None:
    day = 86_400
    rows = failed(0, 1, 2, 3) + failed(*(30 * day + second for second in range(4)))
    with Hunter([rule()], TABLES, keep(tmp_path, rows)) as hunter:
        found = list(hunter.step(0, all_due=True))
        assert len(found) == 2
        assert hunter.windows < 20


def test_only_new_rows_are_asked_about_and_late_ones_with_their_neighbours(tmp_path: Path) -> None:
    file = keep(tmp_path, failed(0, 10))
    with Hunter([rule()], TABLES, file, new=True) as hunter:
        assert list(hunter.step(1)) == []
        assert hunter.windows == 0
        keep(tmp_path, failed(5000))
        assert list(hunter.step(10**15)) == []
        keep(tmp_path, failed(20, 30))  # late: two hours after they were seen
        (found,) = hunter.step(2 * 10**15)
        assert found.count == 4
        assert list(hunter.step(2 * 10**15 + 1)) == []


def test_a_slow_rule_and_a_broken_one_are_stopped_and_told_and_the_others_go_on(tmp_path: Path) -> None:
    slow = msgspec.structs.replace(rule(), id="slow", match=ENDLESS)
    broken = msgspec.structs.replace(rule(), id="broken", match="SELECT nonsense FROM dns")
    told: list[Finding] = []
    with Hunter([slow, broken, rule()], TABLES, keep(tmp_path, failed(0, 1, 2, 3)), limits=QUICK) as hunter:
        for number in range(MAX_SLOW + 1):
            told += hunter.step(number * 10**15)
            keep(tmp_path, failed(4 + number))
        assert set(hunter.stopped) == {"slow", "broken"}
        assert "0.05 seconds" in hunter.stopped["slow"]
        hunter.take([rule()])
        assert hunter.stopped == {}
    assert [one.detector for one in told].count("many") == 1
    health = [one for one in told if one.detector == HEALTH]
    assert sorted(one.target for one in health) == ["broken", "slow"]
    assert all(one.complete == "degraded" for one in health)


def test_more_rows_than_may_be_told_make_it_degraded(tmp_path: Path) -> None:
    every = msgspec.structs.replace(rule(), match="SELECT src, flow_id FROM dns", keys=("flow_id",))
    limits = Limits(seconds=5, rows=3, heap_bytes=512 << 20)
    with Hunter([every], TABLES, keep(tmp_path, failed(0, 1, 2, 3, 4)), limits=limits) as hunter:
        found = list(hunter.step(0, all_due=True))
    assert len(found) == 3
    assert "more than 3 rows" in found[0].reasons[0]
    assert found[0].flows

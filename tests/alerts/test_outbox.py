"""The outbox: nothing is lost, nothing is told too often, and everything is bounded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procwire.alerts.file import open_outbox
from procwire.alerts.outbox import Job, Outbox, Rules
from procwire.alerts.reason import AlertError
from procwire.alerts.review import Review
from procwire.alerts.windows import window
from procwire.model.finding import Finding
from procwire.model.sink import LATER, OK, Result
from tests.alerts.samples import FACTS, FINDING, NOW, SECOND

MINUTE = 60 * SECOND
DOWN = Result(LATER, "down")


def other(n: int, **changes: Any) -> Finding:
    return msgspec.structs.replace(FINDING, target=f"192.0.2.{n}", **changes)


def settle(outbox: Outbox, jobs: Sequence[Job], result: Result, *, now: int) -> None:
    outbox.settle([(job, result) for job in jobs], now=now, draw=lambda: 1.0)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "alerts.db", {"a": "info", "b": "critical"}, host="sensor1")
    yield made
    made.close()


def ask(path: Path, statement: str) -> Any:
    connection = open_outbox(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_an_alert_is_due_where_its_severity_is_wanted(outbox: Outbox) -> None:
    assert outbox.enqueue(FINDING, FACTS, now=NOW) == "new"
    (job,) = outbox.due("a", now=NOW, most=9)
    assert (job.alert.finding, job.alert.facts, job.alert.host) == (FINDING, FACTS, "sensor1")
    assert job.key == f"{job.alert.id}-a-0"
    assert outbox.due("b", now=NOW, most=9) == []
    outbox.enqueue(other(9, severity="critical"), now=NOW)
    assert len(outbox.due("b", now=NOW, most=9)) == 1


def test_the_same_counts_up_and_is_told_once_more(outbox: Outbox) -> None:
    fates = [outbox.enqueue(FINDING, now=NOW + n) for n in range(5)]
    assert fates == ["new", *["again"] * 4]
    settle(outbox, outbox.due("a", now=NOW, most=9), OK, now=NOW)
    outbox.tick(NOW + MINUTE)
    assert outbox.due("a", now=NOW + MINUTE, most=9) == []
    outbox.tick(NOW + 5 * MINUTE)
    (job,) = outbox.due("a", now=NOW + 5 * MINUTE, most=9)
    assert (job.alert.count, job.alert.again, job.key[-2:]) == (5, True, "-1")
    assert outbox.enqueue(FINDING, now=NOW + 5 * MINUTE) == "new"


def test_an_undelivered_one_waits_longer_each_time_then_is_dead(outbox: Outbox) -> None:
    outbox.enqueue(FINDING, now=NOW)
    now, waits = NOW, []
    for _ in range(6):
        (job,) = outbox.due("a", now=now, most=9)
        settle(outbox, [job], DOWN, now=now)
        assert outbox.due("a", now=now, most=9) == []
        following = next(t for t in range(1, 400) if outbox.due("a", now=now + t * SECOND, most=9))
        waits.append(following)
        now += following * SECOND
    assert waits == [1, 2, 4, 8, 16, 32]
    (job,) = outbox.due("a", now=now, most=9)
    settle(outbox, [job], DOWN, now=NOW + outbox.rules.give_up_ns)
    assert ask(outbox.path, "SELECT state, error, attempts FROM delivery") == [("dead", "given up: down", 7)]


def test_an_hour_down_loses_nothing(outbox: Outbox) -> None:
    """Simulated: an alert a minute, each attempt fails for an hour; then all of them arrive, once."""
    for minute in range(60):
        now = NOW + minute * MINUTE
        assert outbox.enqueue(other(minute), now=now) == "new"
        settle(outbox, outbox.due("a", now=now, most=100), DOWN, now=now)
    later = NOW + 66 * MINUTE
    jobs = outbox.due("a", now=later, most=100)
    settle(outbox, jobs, OK, now=later)
    assert len({job.key for job in jobs}) == 60
    assert outbox.waiting == 0
    assert outbox.due("a", now=later + MINUTE, most=100) == []


def test_a_limit_says_what_it_held_back(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "alerts.db", {"a": "info"}, Rules(rate=3))
    fates = [outbox.enqueue(other(n), now=NOW) for n in range(10)]
    assert fates == ["new"] * 3 + ["held"] * 7
    assert outbox.enqueue(other(99, severity="critical"), now=NOW) == "new"
    outbox.tick(NOW + 59 * SECOND)
    assert len(outbox.due("a", now=NOW + MINUTE, most=99)) == 4
    outbox.tick(NOW + MINUTE)
    outbox.tick(NOW + MINUTE)
    *_, job = outbox.due("a", now=NOW + MINUTE, most=99)
    assert job.alert.finding.title == "Alerts held back"
    assert job.alert.finding.detail.startswith(
        "7 were not told one by one, because of the limit of 3 in 1m: scan 7"
    )
    assert len(outbox.due("a", now=NOW + MINUTE, most=99)) == 5
    outbox.close()


def test_maintenance_holds_all_back_and_says_so_after(tmp_path: Path) -> None:
    rules = Rules(maintenance=(window("2026-09-21T14:00Z/2026-09-21T15:00Z"),))
    outbox = Outbox(tmp_path / "alerts.db", {"a": "info"}, rules)
    assert [outbox.enqueue(other(n), now=NOW) for n in range(3)] == ["held"] * 3
    outbox.tick(NOW + MINUTE)
    assert outbox.due("a", now=NOW + MINUTE, most=9) == []
    outbox.tick(NOW + 60 * MINUTE)
    (job,) = outbox.due("a", now=NOW + 60 * MINUTE, most=9)
    assert "3 were not told one by one, because of a maintenance window" in job.alert.finding.detail
    outbox.close()


def test_bounded_the_delivered_go_first(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "alerts.db", {"a": "info"}, Rules(rate=1000, keep=10))
    for n in range(10):
        outbox.enqueue(other(n), now=NOW + n)
    jobs = outbox.due("a", now=NOW + MINUTE, most=99)
    settle(outbox, jobs[5:6], OK, now=NOW)
    outbox.enqueue(other(10), now=NOW + MINUTE)
    left = [job.alert.finding.target for job in outbox.due("a", now=NOW + MINUTE, most=99)]
    assert len(left) == 10
    assert "192.0.2.5" not in left
    assert outbox.evicted == 0
    outbox.enqueue(other(11), now=NOW + MINUTE)
    left = [job.alert.finding.target for job in outbox.due("a", now=NOW + MINUTE, most=99)]
    assert "192.0.2.0" not in left
    assert outbox.evicted == 1
    outbox.close()


def test_a_clock_set_back_delays_nothing(outbox: Outbox) -> None:
    outbox.enqueue(FINDING, now=NOW)
    assert len(outbox.due("a", now=NOW - 3600 * SECOND, most=9)) == 1
    assert outbox.enqueue(FINDING, now=NOW - 3600 * SECOND) == "new"


def test_deliveries_to_a_sink_that_is_gone_are_dead_letters(outbox: Outbox) -> None:
    outbox.enqueue(FINDING, now=NOW)
    Outbox(outbox.path, {"c": "info"}).close()
    assert ask(outbox.path, "SELECT state, error FROM delivery") == [
        ("dead", "no such sink is configured any more")
    ]
    Outbox(outbox.path, {}).close()


def fill(outbox: Outbox) -> None:
    for n in range(50):
        outbox.enqueue(other(n, detail="x" * 5000), now=NOW)


def test_a_full_disk_is_an_error_and_spoils_nothing(outbox: Outbox) -> None:
    outbox.enqueue(FINDING, now=NOW)
    (pages,) = outbox._connection.execute("PRAGMA page_count").fetchone()
    outbox._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    with pytest.raises(AlertError, match="full"):
        fill(outbox)
    outbox._connection.execute("PRAGMA max_page_count = 100000").fetchall()
    assert outbox.enqueue(other(200), now=NOW) == "new"


CHILD = """
import sys
from pathlib import Path
from procwire.alerts.outbox import Outbox, Rules
from tests.alerts.test_outbox import other, NOW
outbox = Outbox(Path(sys.argv[1]), {"a": "info"}, Rules(rate=10**6))
for n in range(10**6):
    outbox.enqueue(other(n), now=NOW + n)
    print(n, flush=True)
"""


def test_kill_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "alerts.db"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(40)]
    os.kill(child.pid, signal.SIGKILL)
    said += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    outbox = Outbox(path, {"a": "info"})
    targets = {job.alert.finding.target for job in outbox.due("a", now=NOW + MINUTE, most=10_000)}
    assert {f"192.0.2.{n}" for n in said} <= targets
    outbox.close()


def test_fates_are_told(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    rules = Rules(rate=2, keep=100, window_ns=SECOND)
    outbox = Outbox(tmp_path / "alerts.db", {"a": "info"}, rules, tell=told.append)
    for n in range(5):
        outbox.enqueue(other(n), now=NOW)
    assert told == []
    first, second = outbox.due("a", now=NOW, most=9)
    settle(outbox, [first], OK, now=NOW)
    settle(outbox, [second], DOWN, now=NOW)  # is tried again: no fate yet
    settle(outbox, [second], Result("refused", "HTTP 400"), now=NOW)
    (delivered, dead) = told
    assert delivered == {
        "fate": "delivered", "alert": first.alert.id, "sink": "a", "round": 0, "detector": FINDING.detector,
        "attempts": 1, "why": "",
    }  # fmt: skip
    assert (dead["fate"], dead["alert"], dead["why"]) == ("dead", second.alert.id, "HTTP 400")
    outbox.tick(NOW + 61 * SECOND)
    held = told.pop()
    assert (held["fate"], held["why"], held["alerts"]) == ("held", "rate", {FINDING.detector: 3})
    with Review(tmp_path / "alerts.db") as review:
        review.suppress(first.alert.id, "noise", until=NOW + 9 * MINUTE)
        assert review.one(held["told_in"]).alert.finding.detector
    outbox.enqueue(other(0), now=NOW + 2 * MINUTE)
    assert (told[-1]["fate"], told[-1]["why"]) == ("suppressed", "noise")
    outbox.close()

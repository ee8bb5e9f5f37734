"""What people do with an outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.alerts.outbox import Outbox
from procwire.alerts.reason import AlertError
from procwire.alerts.review import Review
from procwire.model.sink import OK, REFUSED, Result
from tests.alerts.samples import FINDING, NOW, SECOND
from tests.alerts.test_outbox import other, settle


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "alerts.db", {"a": "info"})
    made.enqueue(FINDING, now=NOW)
    made.enqueue(other(2), now=NOW + 1)
    yield made
    made.close()


def ids(outbox: Outbox) -> list[str]:
    return [job.alert.id for job in outbox.due("a", now=NOW + SECOND, most=9)]


def test_lists_with_what_became_of_each(outbox: Outbox) -> None:
    first, second = outbox.due("a", now=NOW + 1, most=9)
    settle(outbox, [first], OK, now=NOW)
    settle(outbox, [second], Result(REFUSED, "400"), now=NOW)
    with Review(outbox.path) as review:
        assert [(row.state, row.told) for row in review.alerts()] == [("dead", ()), ("delivered", ("a",))]
        assert [row.alert.id for row in review.alerts(states=["dead"])] == [second.alert.id]
        (dead,) = review.deliveries(states=["dead"])
        assert (dead.alert_id, dead.error, dead.attempts) == (second.alert.id, "400", 1)
        assert len(review.deliveries(alert_id=first.alert.id)) == 1
        assert review.again([], now=NOW + 5) == 1
    assert ids(outbox) == [second.alert.id]


def test_one_by_the_beginning_of_its_id(outbox: Outbox) -> None:
    wanted = ids(outbox)[0]
    with Review(outbox.path) as review:
        assert review.one(wanted[:8]).alert.id == wanted
        for word, reason in (("ab", "at least 4"), ("zzzz", "no id"), ("0" * 32, "no alert has an id")):
            with pytest.raises(AlertError, match=reason):
                review.one(word)


def test_acknowledged_the_next_is_new(outbox: Outbox) -> None:
    with Review(outbox.path) as review:
        review.acknowledge(ids(outbox)[0], "seen")
        assert [row.state for row in review.alerts()] == ["new", "acknowledged"]
        assert review.one(ids(outbox)[0]).why == "seen"
    assert outbox.enqueue(FINDING, now=NOW + SECOND) == "new"


def test_suppressed_it_is_kept_and_not_told_until_then(outbox: Outbox) -> None:
    wanted = ids(outbox)[0]
    with Review(outbox.path) as review:
        review.suppress(wanted, "known scanner", until=NOW + 3600 * SECOND)
    assert wanted not in ids(outbox)
    assert outbox.enqueue(FINDING, now=NOW + SECOND) == "suppressed"
    assert outbox.enqueue(FINDING, now=NOW + 2 * SECOND) == "suppressed"
    assert len(ids(outbox)) == 1
    assert outbox.enqueue(FINDING, now=NOW + 3601 * SECOND) == "new"


def test_no_outbox(tmp_path: Path) -> None:
    with pytest.raises(AlertError, match="there is no outbox"):
        Review(tmp_path / "alerts.db")

"""Findings go into the outbox, or wait for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.alerts import intake
from procwire.alerts.dispatch import Dispatcher
from procwire.alerts.intake import Intake
from procwire.alerts.outbox import Outbox, Rules
from procwire.model.sink import OK, Done, Sink, Work
from tests.alerts.samples import NOW, SECOND
from tests.alerts.test_outbox import other


class Desk:
    """An intake with all that it needs."""

    def __init__(self, path: Path) -> None:
        self.said: list[str] = []
        self.work: list[Work] = []
        sink = Sink(name="a", kind="file")
        self.outbox = Outbox(path, {"a": "info"}, Rules(rate=10_000))
        dispatcher = Dispatcher(self.outbox, [sink], self._send, lambda: 0.5)
        self.intake = Intake(self.outbox, dispatcher, self.said.append)

    def _send(self, work: Work) -> bool:
        self.work.append(work)
        return True

    def fill(self) -> None:
        (pages,) = self.outbox._connection.execute("PRAGMA page_count").fetchone()
        self.outbox._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        for n in range(100, 200):
            self.intake.take(other(n, detail="x" * 5000), now=NOW)
            if self.intake.held:
                return

    def empty(self) -> None:
        self.outbox._connection.execute("PRAGMA max_page_count = 1000000").fetchall()


def test_through(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "alerts.db")
    desk.intake.take(other(1), {"app": "tls"}, now=NOW)
    desk.intake.tick(NOW)
    (work,) = desk.work
    assert b'"app":"tls"' in work.items[0].body
    desk.intake.heard(Done(number=work.number, results=(OK,)), NOW)
    assert (desk.outbox.waiting, desk.intake.taken, desk.intake.lost) == (0, 1, 0)
    desk.intake.close(NOW)


def test_a_full_disk_is_said_once_and_loses_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "alerts.db")
    desk.fill()
    taken = desk.intake.taken
    desk.intake.take(other(1), now=NOW)
    desk.intake.tick(NOW)
    assert desk.intake.held == 2
    assert len([line for line in desk.said if "full" in line]) == 1
    desk.empty()
    desk.intake.tick(NOW + SECOND)
    assert (desk.intake.held, desk.intake.lost) == (0, 0)
    assert desk.said[-1] == "alerts: the outbox takes them again"
    assert desk.outbox.waiting == taken + 1
    desk.intake.close(NOW)


def test_what_there_is_no_room_for_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_HELD", 3)
    desk = Desk(tmp_path / "alerts.db")
    desk.fill()
    for n in range(5):
        desk.intake.take(other(n, detail="x" * 5000), now=NOW)
    assert (desk.intake.held, desk.intake.lost) == (3, 3)
    desk.intake.close(NOW)
    assert desk.intake.lost == 6

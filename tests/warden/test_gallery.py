"""Pictures as an engine has them: asked for when old, never waited for."""

from __future__ import annotations

import pytest

from procwire.model.traffic import TRAFFIC
from procwire.warden import gallery as room
from procwire.warden.gallery import FRESH_SECONDS, LATE, PATIENCE_SECONDS, Gallery, own
from procwire.warden.messages import Pictured


class Wall:
    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[str] = []
        self.gallery = Gallery(self.asked.append, lambda: self.now)


def test_parts_make_a_picture_that_is_good_for_a_while() -> None:
    wall = Wall()
    assert wall.gallery.rows("process") is None
    wall.gallery.take(Pictured("process", [[1]]))
    assert wall.gallery.rows("process") is None
    wall.gallery.take(Pictured("process", [[2]], last=True))
    assert wall.gallery.rows("process") == [[1], [2]]
    assert wall.gallery.before("process") == ([], 0.0)
    wall.now += FRESH_SECONDS + 1
    assert wall.gallery.rows("process") is None
    wall.gallery.take(Pictured("process", [[3]], last=True))
    assert wall.gallery.rows("process") == [[3]]
    assert wall.gallery.before("process") == ([[1], [2]], FRESH_SECONDS + 1)
    assert wall.asked == ["process", "process"]


def test_one_that_does_not_come_is_given_up_and_said() -> None:
    wall = Wall()
    assert wall.gallery.rows("socket") is None
    wall.now += PATIENCE_SECONDS + 1
    assert wall.gallery.rows("socket") == []
    assert wall.gallery.problem("socket") == LATE
    wall.gallery.take(Pictured("socket", [[1]], last=True))  # too late
    assert wall.gallery.rows("socket") == []
    assert wall.gallery.problem("none") == ""


def test_what_nobody_asked_for_and_what_is_too_much_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_ROWS", 2)
    wall = Wall()
    wall.gallery.take(Pictured("process", [[1]], last=True))
    assert wall.gallery.rows("process") is None
    wall.gallery.take(Pictured("process", [[1], [2], [3]]))
    wall.gallery.take(Pictured("process", [[4]], last=True))
    assert wall.gallery.rows("process") == [[1], [2]]
    assert wall.gallery.problem("process") == "more than 2 rows"


def test_nobody_to_ask_is_said() -> None:
    def gone(_: str) -> None:
        raise OSError(32, "Broken pipe")

    gallery = Gallery(gone)
    assert gallery.rows("process") == []
    assert gallery.problem("process") == "Broken pipe"


def test_who_looks_itself_has_rows_by_column() -> None:
    names = len(TRAFFIC.columns)
    gallery = own(lambda _: [list(range(names))])
    assert gallery.rows(TRAFFIC.name) == [list(range(names))]
    (row,) = gallery.by_column(TRAFFIC) or []
    assert list(row) == [column.name for column in TRAFFIC]
    assert Wall().gallery.by_column(TRAFFIC) is None  # on its way

"""The identity of a running watch: bounded by looks before and after a picture that somebody else makes."""

from __future__ import annotations

from typing import Any

from procwire.accounting.standing import Standing
from procwire.bpf.accounts import KINDS, Shown
from procwire.capture.interfaces import LinkState
from procwire.warden.gallery import FRESH_SECONDS, Gallery
from procwire.warden.messages import Pictured

TABLE = "traffic"


class Source:
    """Programs that have seen ``seen`` packets come in on each interface."""

    def __init__(self) -> None:
        self.seen = 0
        self.watched = [LinkState(index=2, name="eth0", kind="veth")]
        self.programs = self

    def link(self, _index: int) -> dict[str, Shown]:
        shown = {kind: Shown((0, 0), (0, 0), (0, 0)) for kind in KINDS}
        return shown | {"plain": Shown((self.seen, 0), (0, 0), (self.seen, 0))}

    def drops(self) -> dict[str, int]:
        return {"eth0": 0}


class Stage:
    def __init__(self) -> None:
        self.now = 100.0
        self.asked = 0
        self.source = Source()
        self.gallery = Gallery(self._ask, lambda: self.now)
        self.one = Standing(self.source, self.gallery, TABLE, lambda: self.now)  # type: ignore[arg-type]

    def _ask(self, _table: str) -> None:
        self.asked += 1

    def comes(self, packets: int) -> None:
        """The picture, in which the interface has counted so many."""
        row: list[Any] = ["eth0", 0, packets, 0, 0, 0, 0, 0, 0]
        self.gallery.take(Pictured(TABLE, [row], last=True))


def test_what_interfaces_count_is_explained_since_the_first_look() -> None:
    stage = Stage()
    assert stage.one.rows() is None
    stage.comes(1000)
    assert stage.one.rows() == []  # from here on
    stage.now += FRESH_SECONDS + 1
    assert stage.one.rows() is None
    stage.source.seen = 7
    stage.comes(1007)
    inward, outward = stage.one.rows() or []
    assert (inward.interface, inward.direction, inward.seconds) == ("eth0", "in", FRESH_SECONDS + 1)
    assert (inward.packets, inward.no_socket, inward.unexplained) == (7, 7, 0)
    assert (outward.direction, outward.packets) == ("out", 0)
    assert stage.one.rows() == [inward, outward]  # the same picture
    assert stage.asked == 2


def test_what_nobody_saw_is_unexplained() -> None:
    stage = Stage()
    stage.one.rows()
    stage.comes(0)
    stage.one.rows()
    stage.now += FRESH_SECONDS + 1
    stage.one.rows()
    stage.comes(5)
    assert [row.unexplained for row in stage.one.rows() or ()] == [5, 0]


def test_a_picture_that_was_on_its_way_is_not_taken() -> None:
    stage = Stage()
    assert stage.gallery.rows(TABLE) is None  # another asks
    stage.now += 0.1
    assert stage.one.rows() is None
    stage.comes(3)
    assert stage.one.rows() is None
    stage.now += FRESH_SECONDS + 1
    assert stage.one.rows() is None
    stage.comes(4)
    assert stage.one.rows() == []
    assert stage.asked == 2


def test_samples_are_of_the_time_since_the_one_before() -> None:
    stage = Stage()
    spans = []
    for count in (0, 4, 9):
        stage.now += FRESH_SECONDS + 1
        stage.one.sample()
        stage.source.seen = count
        stage.comes(count)
        spans.append([row.packets for row in stage.one.sample() or ()])
    assert spans == [[], [4, 0], [5, 0]]

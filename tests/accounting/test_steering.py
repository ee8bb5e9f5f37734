from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from procwire.accounting.steering import LEASE_STEP, LEAST_SKIP, Steering
from procwire.bpf.accounts import ALL, BEYOND, ENOUGH, LEASE_BYTES, MORE
from procwire.model import streams
from procwire.model.flow import Flow


class Reader:
    """A sink with a set appetite."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.over = 0

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        return self.wanted

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        return self.wanted

    def ended(self, flow: Any, now: int) -> None:
        self.over += 1


def verdicts(wanted: int, *, app: str = "content", pos: int | None = 1000, follow: bool = True) -> list[Any]:
    """What is decided when a reader with this appetite is shown a byte of side 1."""
    said: list[Any] = []
    flow = Flow()
    flow.app_confidence = app
    if pos is not None:
        flow.end_out = flow.end_in = SimpleNamespace(pos=pos)
    steering = Steering(
        Reader(wanted), lambda _, side, mode, until: said.append((side, mode, until)), follow=follow
    )
    assert steering.data(flow, 1, b"x", 0) == wanted
    assert steering.gap(flow, 1, 9, 0) == wanted
    assert len(said) in {0, 2}
    return said[:1]


def test_a_reader_that_has_enough_says_so_of_its_side() -> None:
    assert verdicts(streams.ENOUGH) == [(1, ENOUGH, 0)]
    assert verdicts(streams.ENOUGH, app="unknown", follow=False) == [(1, ENOUGH, 0)]


def test_a_body_that_is_skipped_is_wanted_no_sooner_than_its_end() -> None:
    assert verdicts(1_000_000) == [(1, BEYOND, 1_001_000)]
    assert verdicts(1_000_000, pos=2**32 - 1) == [(1, BEYOND, 999_999)]
    assert verdicts(1 << 40) == [(1, BEYOND, 1000 + (1 << 31) - 1)]


@pytest.mark.parametrize("skip", [0, LEAST_SKIP - 1])
def test_a_stream_that_is_read_is_wanted_some_way_on(skip: int) -> None:
    ((side, mode, until),) = verdicts(skip)
    assert (side, mode) == (1, MORE)
    assert LEASE_BYTES - LEASE_STEP < until - 1000 <= LEASE_BYTES


def test_datagrams_of_a_protocol_that_is_read_are_all_wanted() -> None:
    assert verdicts(0, pos=None) == [(1, ALL, 0)]


def test_nothing_is_said_while_nobody_knows_what_it_is_or_nobody_follows() -> None:
    assert verdicts(0, app="unknown") == []
    assert verdicts(0, follow=False) == []


def test_the_end_is_passed_on() -> None:
    reader = Reader(0)
    Steering(reader, lambda *_: None).ended(Flow(), 5)
    assert reader.over == 1


def test_frames_without_ip_are_shown_to_who_wants_them() -> None:
    class Wanting(Reader):
        frames = SimpleNamespace(links=frozenset({0x0806}))

    assert Steering(Wanting(0), lambda *_: None).frames is Wanting.frames
    assert Steering(Reader(0), lambda *_: None).frames is None

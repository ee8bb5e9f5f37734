"""Owners are found again by ends and time, whichever side opened; others' notes are understood."""

from __future__ import annotations

import pytest

from procwire.model import address
from procwire.model.flow import Flow
from procwire.model.process import EXACT, UNKNOWN, Executable, Owner, ProcessRef
from procwire.recorder import owners
from procwire.recorder.owners import SLACK_NS, OwnerBook

CURL = Owner(
    process=ProcessRef(pid=7, start=1, name="curl", executable=Executable(path="/usr/bin/curl")),
    confidence=EXACT, side="src",
)  # fmt: skip


def flow(src: tuple[str, int], dst: tuple[str, int], first: int, last: int = 0, proto: int = 6) -> Flow:
    made = Flow()
    made.family, made.src_hi, made.src_lo = address.split(src[0])
    _, made.dst_hi, made.dst_lo = address.split(dst[0])
    made.sport, made.dport, made.proto, made.first, made.last = src[1], dst[1], proto, first, last or first
    return made


A, B = ("10.0.0.1", 1000), ("10.0.0.2", 80)


def test_what_is_written_is_read_back() -> None:
    mine = flow(A, B, 10**18)
    mine.owner = CURL
    book = OwnerBook()
    book.read([owners.line(mine), b"{}", b"nonsense", b'{"owner":{}}'])
    assert (book.count, book.skipped) == (1, 3)
    assert book.of(flow(A, B, 10**18 + 5)) == CURL
    assert owners.line(flow(A, B, 1)) == b""


def test_the_other_side_opened_as_far_as_packets_tell() -> None:
    book = OwnerBook()
    book.add(6, A, B, (10**18, 10**18), CURL)
    turned = book.of(flow(B, A, 10**18))
    assert turned is not None
    assert (turned.side, turned.process) == ("dst", CURL.process)


def test_ports_are_used_again() -> None:
    other = Owner(process=None, confidence=UNKNOWN, reason="x")
    book = OwnerBook()
    book.add(6, A, B, (10**18, 10**18 + 9), CURL)
    book.add(6, A, B, (10**18 + 10**12, 10**18 + 10**12), other)
    assert book.of(flow(A, B, 10**18 + 10)) == CURL
    assert book.of(flow(A, B, 10**18 + 10**12)) == other
    assert book.of(flow(A, B, 10**18 + 9 + SLACK_NS + 1)) is None
    assert book.of(flow(A, B, 10**18, proto=17)) is None


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ({"protocol": "TCP", "local_addr": "10.0.0.1:1000", "remote_addr": "10.0.0.2:80", "pid": 7,
          "process_name": "curl", "first_seen": {"secs_since_epoch": 10**9, "nanos_since_epoch": 5},
          "last_seen": {"secs_since_epoch": 10**9, "nanos_since_epoch": 9}}, None),
        ({"protocol": "tcp6", "local_addr": "[::ffff:10.0.0.1]:1000", "remote_addr": "10.0.0.2:80", "pid": 7,
          "process_name": "curl"}, "2001-09-09T01:46:40Z"),
    ],
)  # fmt: skip
def test_connections_of_others(told: dict[str, object], time: str | None) -> None:
    book = OwnerBook()
    book.read_connections([told, {"protocol": "tcp", "local_addr": "*:*"}, "x"], time)
    assert book.skipped == 2
    found = book.of(flow(A, B, 10**18))
    assert found is not None
    assert found.process is not None
    assert (found.process.name, found.side, found.source) == ("curl", "src", "file")


def test_everybody_who_owns_something_once() -> None:
    peer = ProcessRef(pid=8, start=1, name="nginx")
    both = Owner(process=CURL.process, confidence=EXACT, peer=peer)
    book = OwnerBook()
    for number, owner in enumerate((CURL, both, Owner(process=None, confidence=UNKNOWN))):
        book.add(6, A, B, (number, number), owner)
    assert [each.pid for each in book.processes()] == [7, 8]
    assert owners.processes([None, CURL]) == [CURL.process]

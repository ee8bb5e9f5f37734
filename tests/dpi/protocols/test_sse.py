"""Server-sent events: fields, chunks, what HTTP hands on."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH, Claim, Context, ProtocolError
from procwire.dpi.protocols import sse
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited
from tests.dpi.talking import apps, rows


def test_example_of_the_standard_in_chunks() -> None:
    seen = recited(sse, "chunked")
    assert [(one.event, one.ident, one.size_bytes, one.retry) for one in seen] == [
        ("message", "1", 11, None), ("message", "", 12, None), ("add", "", 1, 3_000_000_000),
    ]  # fmt: skip


def test_without_chunks() -> None:
    seen = heard(sse, (IN, b"data: a\r\n\r\n: comment\n\ndata: b\n\nevent: unfinished\n"))
    assert [(one.event, one.size_bytes) for one in seen] == [("message", 1), ("message", 1)]


def test_real_streams() -> None:
    assert [line.get("event") for line in rows("sse/events", "sse")] == ["add", "message", "message"] * 2
    assert apps("sse/events") == {("sse", "content")}
    assert {line["via"] for line in rows("sse/events", "flow", proto="tcp")} == {"http"}


def test_long_line_is_counted_and_not_kept() -> None:
    parser = listening(sse)
    list(parser.feed(IN, b"data: x", now=1))
    for _ in range(100):
        list(parser.feed(IN, b"y" * 10_000, now=2))
    (seen,) = parser.feed(IN, b"\n\n", now=3)
    assert seen.size_bytes == 1_000_001


def test_end_and_gap() -> None:
    parser = listening(sse)
    list(parser.feed(IN, b"0\r\n\r\n", now=1))
    assert parser.skip(IN) == ENOUGH
    other = listening(sse)
    list(other.feed(IN, b"data: a\n", now=1))
    list(other.gap(IN, 5, now=2))
    assert other.skip(OUT) == ENOUGH


def test_is_claimed_only_where_announced() -> None:
    assert claimed(sse, b"data: x\n") == "no"
    told = Context(transport="tcp", announced="sse")
    assert sse.claims(b"data: x\n", IN, told) is Claim.YES
    assert sse.claims(b"\x00", IN, told) is Claim.NO


def test_bad_chunk() -> None:
    with pytest.raises(ProtocolError):
        heard(sse, (IN, b"5\r\nhello\r\nzz\r\n"))

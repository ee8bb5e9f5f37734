"""Where one side of a connection stands."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.wire.http_body import BODY, CHUNK, CHUNK_END, CLOSE, HEAD, LOST, SIZE, TRAILER, Stream


def stream(chunked: bool = False, length: int | None = None, *, until_close: bool = False) -> Any:
    made: Any = Stream()
    made.body(chunked, length, until_close)
    return made


def test_how_a_body_ends() -> None:
    assert stream(True).mode == SIZE
    assert stream(length=3).mode == BODY
    assert stream(length=0, until_close=True).mode == HEAD
    assert stream(until_close=True).mode == CLOSE
    assert stream().mode == HEAD


def test_appetite() -> None:
    one = stream(length=9)
    assert (one.skip(), one.mode, one.skip()) == (9, HEAD, 0)
    assert stream(until_close=True).skip() == ENOUGH


def test_passing_over_and_missing() -> None:
    one = stream(length=9)
    assert one.pass_over(4, 0) == 4
    assert one.missing(3)
    assert one.pass_over(10, 5) == 7
    assert one.mode == HEAD
    assert not one.missing(1)
    one.lose()
    assert one.mode == LOST
    assert not stream(length=3).missing(4)


def test_chunks() -> None:
    one = stream(True)
    data = b"5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n"
    assert (one.line(data, 0), one.mode, one.left) == (7, CHUNK, 5)
    assert (one.pass_over(len(data), 7), one.mode) == (12, CHUNK_END)
    assert (one.line(data, 12), one.line(data, 14), one.mode) == (14, 17, TRAILER)
    assert (one.line(data, 17), one.line(data, 23), one.mode) == (23, 25, HEAD)
    assert stream(True).line(b"5", 0) == -1
    with pytest.raises(ProtocolError):
        stream(True).line(b"-5\r\n", 0)

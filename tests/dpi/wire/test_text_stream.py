"""Messages of SIP and RTSP, cut out of a stream."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.text_message import MAX_BODY
from procwire.dpi.wire.text_stream import TextStream

ONE = b"A x\r\nContent-Length: 5\r\n\r\nhello"
TWO = b"\r\nB y\r\nl: 0\r\n\r\n"


def stream() -> TextStream:
    return TextStream(
        lambda data: data[:1] in {b"A", b"B"}, lambda held: 4 + held[3] if held[0] == 0x24 else 0
    )


def cut(made: TextStream, *pieces: bytes, side: int = 0) -> list[tuple[bytes, bytes]]:
    return [(head.start, body) for piece in pieces for head, body in made.push(side, piece)]


def test_whole_and_single() -> None:
    said = ONE + TWO + b"$\0\0\3abc" + ONE
    wanted = [(b"A x", b"hello"), (b"B y", b""), (b"A x", b"hello")]
    assert cut(stream(), said) == wanted
    single = stream()
    assert cut(single, *(said[at : at + 1] for at in range(len(said)))) == wanted
    assert single.passed == 7


def test_a_body_that_is_too_long_is_passed_over() -> None:
    made = stream()
    assert cut(made, b"A x\r\nContent-Length: %d\r\n\r\nab" % (MAX_BODY + 1)) == [(b"A x", b"")]
    assert made.skip(0) == MAX_BODY - 1
    assert cut(made, TWO) == [(b"B y", b"")]


def test_behind_a_gap_a_message_is_looked_for() -> None:
    made = stream()
    cut(made, ONE[:10])
    made.miss(0, 50)
    assert made.lossy
    assert cut(made, b"rest of it", TWO.lstrip()) == [(b"B y", b"")]
    assert cut(made, ONE, side=1) == [(b"A x", b"hello")]


def test_a_gap_in_what_is_passed_over() -> None:
    made = stream()
    cut(made, b"$\0\0\x64")
    made.miss(0, 96)
    assert not made.lossy
    assert cut(made, b"abcd" + TWO) == [(b"B y", b"")]


def test_what_is_no_head() -> None:
    with pytest.raises(ProtocolError):
        cut(stream(), b"A x\r\nno colon\r\n\r\n")

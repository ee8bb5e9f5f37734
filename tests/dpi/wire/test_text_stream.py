"""Messages of SIP and RTSP, cut out of a stream."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import text_message
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


def test_bytes_that_come_singly_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head and a body of some KiB in pieces of one byte: each piece once, not all that is held."""
    looked: list[int] = []
    read = text_message.read

    def counted(data: bytes | bytearray, seen: int = 0) -> text_message.Head | None:
        looked.append(len(data) - max(0, seen - 3))
        return read(data, seen)

    monkeypatch.setattr(text_message, "read", counted)
    said = b"A x\r\nq: %s\r\nl: 5000\r\n\r\n" % (b"v" * 5000) + b"b" * 5000
    assert cut(stream(), *(said[at : at + 1] for at in range(len(said)))) == [(b"A x", b"b" * 5000)]
    assert max(looked[1:]) <= 4
    assert len(looked) < 5100


def test_a_gap_while_a_head_or_a_body_is_awaited() -> None:
    for piece in (ONE[:8], ONE[:-2]):
        made = stream()
        assert cut(made, piece) == []
        made.miss(0, 9)
        assert cut(made, ONE) == [(b"A x", b"hello")]


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

"""Lines: bounded, counted, whatever the pieces."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.lines import Lines, shown


def drawn(lines: Lines) -> list[bytes]:
    found = []
    while (line := lines.next()) is not None:
        found.append(line)
    return found


def test_lines_in_any_pieces() -> None:
    lines = Lines(10)
    found = []
    for byte in b"one\r\ntwo\n\r\nthr":
        lines.push(bytes([byte]))
        found += drawn(lines)
    assert found == [b"one", b"two", b""]
    assert lines.rest() == b"thr"


@pytest.mark.parametrize("data", [b"a" * 12, b"a" * 11 + b"\n"])
def test_line_beyond_the_limit(data: bytes) -> None:
    lines = Lines(10)
    lines.push(data)
    with pytest.raises(ProtocolError):
        drawn(lines)


def test_bytes_passed_over_and_skipped() -> None:
    lines = Lines(10)
    lines.push(b"a\nxxx")
    assert lines.next() == b"a"
    lines.pass_over(5)
    assert lines.next() is None
    assert lines.skip() == 2
    lines.push(b"b\n")
    assert lines.next() == b"b"


def test_gap_in_a_body_keeps_the_place_and_one_in_a_line_does_not() -> None:
    lines = Lines(10)
    lines.pass_over(5)
    assert lines.lose(3)
    lines.push(b"xxa\n")
    assert lines.next() == b"a"
    lines.push(b"brok")
    assert not lines.lose(4)
    lines.push(b"en\nnext\n")
    assert lines.next() == b"next"


@pytest.mark.parametrize("body", [b"", b"a\r\n", b".x\r\n..\r\n", b"x" * 50 + b"\r\n", b"a.\r\nb\r\n"])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_body_until_a_dot(body: bytes, size: int) -> None:
    lines = Lines(10)
    stream = body + b".\r\nQUIT\r\n"
    passed = 0
    ended = False
    for at in range(0, len(stream), size):
        lines.push(stream[at : at + size])
        if not ended:
            more, ended = lines.until_dot()
            passed += more
    assert ended
    assert passed == len(body) + 3
    assert lines.next() == b"QUIT"


def test_take_is_whole_or_nothing() -> None:
    lines = Lines(10)
    lines.push(b"abc")
    assert lines.take(4) is None
    assert lines.take(2) == b"ab"
    assert lines.rest() == b"c"


def test_shown_is_one_line() -> None:
    assert shown("zürich".encode()) == "zürich"
    assert shown(b"a\r\n\xff") == "a\\r\\nÿ"
    assert len(shown(b"a" * 999)) == 256

"""Bytes as text that is safe to show."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.text import bounded, plain, printable, readable, terminated, utf16


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"abc", "abc"), ("ä".encode(), "ä"), (b"\xe4", "ä"), (b"a\x1b[2Jb", "a\\x1b[2Jb"), (b"", "")],
)  # fmt: skip
def test_plain(data: bytes, text: str) -> None:
    assert plain(data) == text


def test_long_text_is_cut_between_characters() -> None:
    assert plain(b"a" * 600, 4) == "aaaa…"
    assert plain("ää".encode(), 3) == "ä…"


def test_other_forms() -> None:
    assert terminated(b"abc\0def") == "abc"
    assert utf16("Büro\0".encode("utf-16-le")) == "Büro"
    assert utf16("abc".encode("utf-16-le"), 2) == "ab…"
    assert utf16(b"\x00\xd8") == "�"
    assert printable("a\nb") == "a\\nb"


def test_bounded_and_readable() -> None:
    assert bounded("a\x1bb" + "c" * 600).startswith("a\\x1bbccc")
    assert len(bounded("x" * 600, 10)) == 11
    assert (readable(b"abc"), readable(b""), readable(b"a\n"), readable(b"\xe9")) == (
        True,
        False,
        False,
        False,
    )

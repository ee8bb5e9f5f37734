"""Bytes as text that is safe to show."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.text import plain, printable, terminated, utf16


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

"""What a terminal can do."""

from __future__ import annotations

import base64
import os
import pty

import pytest

from procwire.tui import palette, terminal


@pytest.mark.parametrize(
    ("environment", "light", "theme"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, False, palette.MONO),
        ({"TERM": "xterm-256color"}, False, palette.DARK),
        ({"TERM": "xterm-256color"}, True, palette.LIGHT),
        ({"TERM": "linux"}, False, palette.ANSI),
        ({"TERM": "xterm"}, True, palette.ANSI_LIGHT),
        ({"TERM": "dumb"}, False, palette.MONO),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False, palette.DARK),
    ],
)
def test_a_theme_suits_the_terminal(environment: dict[str, str], light: bool, theme: str) -> None:
    assert terminal.theme_for(environment, light=light) == theme


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c", True),
        (b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07", False),
        (b"\x1b]11;rgb:ff/ff/e0\x07", True),
        (b"\x1b[?1;2c", None),
        (b"", None),
    ],
)
def test_a_background_is_light_or_dark(answer: bytes, light: bool | None) -> None:
    assert terminal.background(answer) is light


def test_colorfgbg_is_believed_where_nothing_is_answered() -> None:
    assert terminal.is_light({"COLORFGBG": "0;15"})
    assert not terminal.is_light({"COLORFGBG": "15;0"})
    assert not terminal.is_light({})


def test_a_terminal_is_asked() -> None:
    ours, theirs = pty.openpty()
    try:
        os.write(ours, b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c")
        assert terminal.is_light({}, theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_no_terminal_is_not_asked() -> None:
    reading, writing = os.pipe()
    try:
        assert terminal.ask(reading) == b""
    finally:
        os.close(reading)
        os.close(writing)


def test_ascii_is_for_terminals_without_more() -> None:
    assert terminal.ascii_only({"TERM": "linux"})


def test_text_is_copied_through_tmux_too() -> None:
    plain = terminal.copied("hello", {})
    assert base64.b64decode(plain[7:-1]) == b"hello"
    assert "\x1bPtmux;" in terminal.copied("hello", {"TMUX": "/tmp/x"})
    assert terminal.copied("x" * (terminal.MAX_COPY_BYTES + 1), {}) == ""

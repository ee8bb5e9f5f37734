"""Telnet: options, values, prompts."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH
from procwire.dpi.protocols import telnet
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited


def test_session() -> None:
    seen = recited(telnet, "session")
    options = [(one.verb, one.option, one.value) for one in seen[:-1]]
    assert options[0] == ("do", "terminal-type", "")
    assert ("value", "terminal-speed", "38400,38400") in options
    assert ("value", "terminal-type", "xterm") in options
    assert options[-1] == ("value", "window-size", "80x24")
    login = seen[-1]
    assert (login.prompt, login.credentials) == ("Password:", True)
    assert "wonderland" not in repr(seen)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\xff\xfd\x18\xff\xfd\x20", "yes"),
        (b"\xff\xfb\x01login: ", "yes"),
        (b"\xff\xfb", "need more"),
        (b"\xff\xfb\x01", "need more"),
        (b"\xff\xfb\x01\x80", "no"),
        (b"\xff\xff\x01", "no"),
        (b"\xff\xd8\xff\xe0", "no"),  # a JPEG
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(telnet, data) == answer


def test_endless_subnegotiation_is_bounded() -> None:
    parser = listening(telnet)
    list(parser.feed(OUT, b"\xff\xfa\x18" + b"x" * 10_000, now=1))
    (seen,) = parser.feed(OUT, b"\xff\xf0", now=2)
    assert seen.value == f"{telnet.MAX_SUB} bytes"
    list(parser.feed(OUT, b"x" * telnet.MAX_SEEN, now=3))
    assert parser.skip(OUT) == ENOUGH
    assert parser.skip(IN) == 0


def test_prompt_in_the_middle_of_a_text_is_none() -> None:
    assert heard(telnet, (IN, b"Password: is wrong\r\n"), (OUT, b"x\r\n")) == []

"""What is said of how a flow was recognised: its port, and the pieces it came in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from procwire.dpi.manner import split
from procwire.dpi.protocols import http
from procwire.dpi.registry import Registry
from tests.dpi.flows import Listener, flow

REQUEST = b"GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n"


def risks(dport: int, *pieces: bytes, protocols: Registry | None = None) -> tuple[str, ...]:
    one = flow(dport=dport)
    listener = Listener(protocols)
    for now, piece in enumerate(pieces):
        listener.analyzer.data(one, 0, piece, now)
    assert one.app == "http"
    return tuple(one.facts.get("risks", ()))


@pytest.mark.parametrize(("dport", "said"), [(80, ()), (8080, ()), (8093, ("unusual-port",))])
def test_port_that_is_not_the_protocols_own(dport: int, said: tuple[str, ...]) -> None:
    assert risks(dport, REQUEST) == said


def test_protocol_that_roams_has_no_unusual_port() -> None:
    roams = SimpleNamespace(**{name: getattr(http, name) for name in dir(http)}, ROAMS=True)
    assert risks(8093, REQUEST, protocols=Registry([roams])) == ()


def test_port_that_another_flow_agreed_on() -> None:
    one = flow(dport=8093)
    one.facts["announced_by"] = "0011223344556677"
    Listener().analyzer.data(one, 0, REQUEST, 1)
    assert (one.app, one.facts.get("risks")) == ("http", None)


def test_tiny_first_piece() -> None:
    assert risks(80, REQUEST[:3], REQUEST[3:]) == ("split-banner",)
    assert risks(80, REQUEST[:20], REQUEST[20:]) == ()


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([(0, b"G", 1)], False),
        ([(0, b"G", 1), (0, b"ET /", 2)], True),
        ([(0, b"G", 1), (1, b"ET /", 2)], False),
        ([(0, b"GET / HT", 1), (0, b"TP", 2)], False),
    ],
)
def test_split(pieces: list[Any], said: bool) -> None:
    assert split(pieces) is said

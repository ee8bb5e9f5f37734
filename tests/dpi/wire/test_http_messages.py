"""Observations from heads, whole and brief."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Direction
from procwire.dpi.wire.http_head import parse
from procwire.dpi.wire.http_messages import HttpBrief, told_request, told_response

OUT, IN = Direction.OUT, Direction.IN


def test_request_is_told_without_its_secrets() -> None:
    head = parse(b"GET /a?token=abc HTTP/1.1\r\nHost: Example.COM:80\r\nAuthorization: Basic xyz")
    told = told_request(head, None, "", OUT, 5)
    assert (told.host, told.method, told.authorization, told.credentials) == (
        "example.com",
        "GET",
        "basic",
        True,
    )
    assert "abc" not in told.path


@pytest.mark.parametrize(("since", "latency"), [(3, 2), (-1, None)])
def test_response_is_told_with_what_was_asked(since: int, latency: int | None) -> None:
    head = parse(b"HTTP/1.1 404 Not Found\r\nServer: s")
    told = told_response(head, 7, ("GET", "h", "/p", since, ""), IN, 5)
    assert (told.status, told.host, told.content_length, told.latency) == (404, "h", 7, latency)


@pytest.mark.parametrize(
    ("host", "name"), [("a.example", "a.example"), ("192.0.2.1", ""), ("2001:db8::1", "")]
)
def test_brief_names_only_by_names(host: str, name: str) -> None:
    assert HttpBrief(time=1, side=OUT, host=host).name == name

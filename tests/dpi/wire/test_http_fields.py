"""What the fields of a head mean."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.http_fields import bare, credentials, framing, target
from procwire.dpi.wire.http_head import parse


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"", (False, None)),
        (b"\r\nContent-Length: 5", (False, 5)),
        (b"\r\nContent-Length: 5, 5", (False, 5)),
        (b"\r\nTransfer-Encoding: gzip, Chunked", (True, None)),
        (b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", (True, 5)),
        (b"\r\nTransfer-Encoding: gzip", (False, None)),
        (b"\r\nContent-Length: -1", (False, None)),
    ],
)
def test_framing(fields: bytes, expected: tuple[bool, int | None]) -> None:
    assert framing(parse(b"POST / HTTP/1.1" + fields)) == expected


def test_old_version_with_chunks_is_a_fault() -> None:
    head = parse(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked")
    assert framing(head) == (True, None)
    assert head.faults == ["transfer-encoding-in-1.0"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET /a HTTP/1.1", ("h.org", "/a", False)),
        (b"GET http://B.org:81/a?x=1 HTTP/1.1", ("b.org", "http://B.org:81/a?x=1", False)),
        (b"CONNECT u:p@[::1]:443 HTTP/1.1", ("::1", "***@[::1]:443", True)),
        (b"OPTIONS * HTTP/1.1", ("h.org", "*", False)),
    ],
)
def test_target(line: bytes, expected: tuple[str, str, bool]) -> None:
    assert target(parse(line + b"\r\nHost: H.org.")) == expected


def test_bare_and_credentials() -> None:
    assert [bare(one) for one in ("A.org:80", "[::1]:80", "fe80::1", "a.org.")] == [
        "a.org",
        "::1",
        "fe80::1",
        "a.org",
    ]
    assert credentials(parse(b"GET / HTTP/1.1\r\nProxy-Authorization: Digest x=y")) == ("digest", True)
    assert credentials(parse(b"GET / HTTP/1.1")) == ("", False)

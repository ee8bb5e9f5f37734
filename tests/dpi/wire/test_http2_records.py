"""What is told of HTTP/2 requests."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.http2_records import request, status_of
from tests.dpi.hearing import OUT

FIELDS = {b":method": b"GET", b":path": b"/a?token=abc", b":authority": b"user:pw@Example.com:8080",
          b"authorization": b"Bearer secret"}  # fmt: skip


def test_secrets_are_masked() -> None:
    made = request(FIELDS, 1, (OUT, 5), pushed=False)
    assert (made.host, made.name, made.authorization, made.credentials) == (
        "example.com", "example.com", "Bearer", True,
    )  # fmt: skip
    assert "secret" not in repr(made)
    assert "abc" not in repr(made)


def test_address_and_push_give_no_name() -> None:
    assert request({b":authority": b"192.0.2.1:80"}, 1, (OUT, 5), pushed=False).name == ""
    assert request({b":authority": b"a.org"}, 1, (OUT, 5), pushed=True).name == ""


@pytest.mark.parametrize(("raw", "code"), [(b"5", 5), (b"", None), (b"x", None), (b"123456789", None)])
def test_status(raw: bytes, code: int | None) -> None:
    assert status_of({b"grpc-status": raw, b"grpc-message": b"why"}) == (code, "why")

"""HTTP's records: what counts as a name of a host."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.http_records import HttpRequest
from procwire.model.streams import Direction


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a.example", "a.example"),
        ("192.0.2.1", ""),
        ("2001:db8::1", ""),
        ("1.2.3.4.example", "1.2.3.4.example"),
    ],
)
def test_an_address_is_no_name(host: str, name: str) -> None:
    request = HttpRequest(time=1, side=Direction.OUT, method="GET", host=host, path="/", version="HTTP/1.1")
    assert request.name == name

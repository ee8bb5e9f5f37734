"""Where a line lets go."""

from __future__ import annotations

import pytest

from procwire.egress.destination import destination, ports
from procwire.egress.reason import EgressError
from tests.egress.made import contact


@pytest.mark.parametrize(
    ("text", "fits", "fits_not"),
    [
        ("any", {}, None),
        ("Example.com", {}, {"name": "a.example.com"}),
        ("*.example.com", {"name": "a.b.example.com"}, {"name": "badexample.com"}),
        ("*.example.com", {"name": "example.com"}, {"name": ""}),
        ("192.0.2.7", {"address": "192.0.2.7"}, {"address": "192.0.2.8"}),
        ("192.0.2.0/24", {"address": "192.0.2.8"}, {"address": "2001:db8::1"}),
        ("2001:db8::/32", {"address": "2001:db8::1"}, {"address": "192.0.2.8"}),
        ("as64500", {"asn": 64500}, {"asn": 0}),
    ],
)
def test_destinations(text: str, fits: dict[str, str], fits_not: dict[str, str] | None) -> None:
    assert destination(text)(contact(**fits))  # type: ignore[arg-type]
    if fits_not is not None:
        assert not destination(text)(contact(**fits_not))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "a b", "*", "*.", "exa*mple.com", "300.1.1.1/8", "http://x"])
def test_what_is_no_destination(text: str) -> None:
    with pytest.raises(EgressError):
        destination(text)


def test_ports() -> None:
    assert [port for port in (79, 80, 443, 8000, 8100, 8101) if ports("80,443,8000-8100")(port)] == [
        80, 443, 8000, 8100,
    ]  # fmt: skip
    assert ports("any")(None)
    assert not ports("443")(None)
    for text in ("x", "80-", "90-80", "70000", "80,", ""):
        with pytest.raises(EgressError):
            ports(text)

from __future__ import annotations

import pytest

from procwire.detect.suffixes import registered


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("a.b.example.com", "example.com"), ("example.com", "example.com"),
        ("x.example.co.uk", "example.co.uk"),
        ("co.uk", ""), ("com", ""), ("", ""), ("localhost", ""), ("a.b.example.internal", "example.internal"),
        ("x" * 300 + ".example.org", "example.org"),
    ],
)  # fmt: skip
def test_what_somebody_bought(name: str, domain: str) -> None:
    assert registered(name) == domain

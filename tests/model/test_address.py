"""Addresses as numbers and as text."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.model import address


@given(st.ip_addresses())
def test_text_and_numbers_agree_with_the_standard_library(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    family, high, low = address.split(str(ip))
    assert family == ip.version
    assert address.packed(family, high, low) == ip.packed
    assert address.text(family, high, low) == str(ip)


def test_no_family_is_no_text() -> None:
    assert address.text(0, 0, 1) == ""


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.256"):
        address.split("10.0.0.256")

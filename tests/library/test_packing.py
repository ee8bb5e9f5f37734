"""Addresses as bytes: IPv4 mapped into IPv6, what is not IP as zeros."""

from __future__ import annotations

import ipaddress

import pytest

from procwire.library.packing import addresses
from procwire.model.packets import PacketTable

ENDS = [("192.0.2.1", "198.51.100.255"), ("2001:db8::1", "ff02::fb"), (None, None)]


def table() -> PacketTable:
    decoded = PacketTable()
    decoded.count = len(ENDS)
    for row, ends in enumerate(ENDS):
        for side, text in zip(("src", "dst"), ends, strict=True):
            if text is None:
                continue
            address = ipaddress.ip_address(text)
            decoded.family[row] = address.version
            getattr(decoded, f"{side}_hi")[row] = int(address) >> 64
            getattr(decoded, f"{side}_lo")[row] = int(address) & (1 << 64) - 1
    return decoded


@pytest.mark.parametrize(("source", "place"), [(True, 0), (False, 1)])
def test_each_is_sixteen_bytes_in_network_order(source: bool, place: int) -> None:
    packed = bytes(addresses(table(), source=source))
    for row, ends in enumerate(ENDS):
        text = ends[place]
        said = ipaddress.IPv6Address(packed[16 * row : 16 * row + 16])
        if text is None:
            assert int(said) == 0
        else:
            assert str(said.ipv4_mapped or said) == text


def test_no_rows_are_no_bytes() -> None:
    assert addresses(PacketTable(), source=True) == b""

"""Special ranges."""

from __future__ import annotations

import ipaddress

import pytest

from procwire.geo._ranges import RANGES
from procwire.geo.ranges import label


@pytest.mark.parametrize(
    ("address", "name"),
    [("10.1.2.3", "private"), ("100.64.0.1", "carrier-nat"), ("169.254.169.254", "cloud-metadata"),
     ("169.254.1.1", "link-local"), ("192.0.2.7", "documentation"), ("198.19.0.1", "benchmarking"),
     ("224.0.0.251", "multicast"), ("255.255.255.255", "broadcast"), ("250.0.0.1", "reserved"),
     ("0.0.0.0", "unspecified"), ("8.8.8.8", ""), ("::1", "loopback"), ("fe80::1", "link-local"),
     ("fd00::1", "private"), ("2001:db8::1", "documentation"), ("2002::1", "6to4"), ("2606:4700::1111", ""),
     ("4000::1", "unallocated"), ("ff02::fb", "multicast"), ("::ffff:1.2.3.4", "ipv4-mapped"),
     ("nonsense", "")],
)  # fmt: skip
def test_labels(address: str, name: str) -> None:
    assert label(address) == name


def test_the_table_is_of_networks_that_come_once() -> None:
    networks = [ipaddress.ip_network(text) for text, _ in RANGES]
    assert len(set(networks)) == len(RANGES)
    for network, (_, name) in zip(networks, RANGES, strict=True):
        assert label(str(network.network_address)) or name == "", network

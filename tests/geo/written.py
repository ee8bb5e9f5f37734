"""Small MaxMind DB files, written here (MaxMind DB File Format Specification 2.0)."""

from __future__ import annotations

import ipaddress
from typing import Any

MARKER = b"\xab\xcd\xefMaxMind.com"


def value(given: Any) -> bytes:
    """One value with its control byte."""
    if isinstance(given, bool):
        return control(14, int(given))
    if isinstance(given, str):
        return control(2, len(given.encode())) + given.encode()
    if isinstance(given, int):
        raw = given.to_bytes((given.bit_length() + 7) // 8, "big")
        return control(6 if len(raw) <= 4 else 9, len(raw)) + raw
    if isinstance(given, dict):
        return control(7, len(given)) + b"".join(value(k) + value(v) for k, v in given.items())
    if isinstance(given, list):
        return control(11, len(given)) + b"".join(map(value, given))
    raise TypeError(given)


def control(kind: int, size: int) -> bytes:
    more = b""
    if size >= 285:
        more, size = (size - 285).to_bytes(2, "big"), 30
    elif size >= 29:
        more, size = bytes([size - 29]), 29
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more


def database(networks: dict[str, dict[str, Any]], *, bits: int = 24, version: int = 6, **about: Any) -> bytes:
    """A file whose records are these; IPv4 lies under ::/96."""
    nodes: list[list[Any]] = [[None, None]]
    data, places = bytearray(), {}
    for text, record in networks.items():
        net = ipaddress.ip_network(text)
        whole = int(net.network_address)
        length, width = net.prefixlen, net.max_prefixlen
        if version == 6 and net.version == 4:
            length, width = length + 96, 128
        places[text] = len(data)
        data += value(record)
        node = 0
        for depth in range(length - 1):
            bit = whole >> (width - 1 - depth) & 1
            if not isinstance(nodes[node][bit], list):
                nodes.append([None, None])
                nodes[node][bit] = [len(nodes) - 1]
            node = nodes[node][bit][0]
        nodes[node][whole >> (width - length) & 1] = places[text]
    tree = b"".join(pair([_at(one, len(nodes)) for one in node], bits) for node in nodes)
    metadata = value({
        "node_count": len(nodes), "record_size": bits, "ip_version": version, "database_type": "Test",
        "build_epoch": 1_790_000_000, "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "languages": ["en"], "description": {"en": "made here"}, **about,
    })  # fmt: skip
    return tree + bytes(16) + bytes(data) + MARKER + metadata


def _at(one: Any, count: int) -> int:
    if one is None:
        return count
    return int(one[0]) if isinstance(one, list) else int(one) + count + 16


def pair(records: list[int], bits: int) -> bytes:
    left, right = records
    if bits == 28:
        middle = bytes([(left >> 24) << 4 | right >> 24])
        return (left & 0xFFFFFF).to_bytes(3, "big") + middle + (right & 0xFFFFFF).to_bytes(3, "big")
    return left.to_bytes(bits // 8, "big") + right.to_bytes(bits // 8, "big")


CITY = {
    "country": {"iso_code": "SE", "names": {"en": "Sweden"}},
    "city": {"names": {"en": "Linköping", "de": "Linköping"}},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "89.160.20.0/24": CITY,
    "1.128.0.0/11": {"autonomous_system_number": 1221, "autonomous_system_organization": "Telstra"},
    "2001:218::/32": {"registered_country": {"iso_code": "JP"}, "x": ["y" * 400, True, 1 << 40]},
    "81.2.69.160/27": {"country": {"iso_code": "GB"}},
}
